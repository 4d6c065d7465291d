// `npm run crash`: installs, builds, runs the crash tests in full length.
import { build, install, root, run } from './workspace.mjs';

install();
build();
process.exit(run('node', ['crash/run.mjs', ...process.argv.slice(2)], { cwd: root }) ? 0 : 1);
