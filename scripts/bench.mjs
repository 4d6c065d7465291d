// `npm run bench -- <name>`: installs the benchmarks' own peers on first use, builds, runs one of them.
import { build, install, installBench, root, run } from './workspace.mjs';

install();
installBench();
build();
process.exit(run('node', ['bench/run.mjs', ...process.argv.slice(2)], { cwd: root }) ? 0 : 1);
