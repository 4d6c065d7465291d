// `npm run crash`: installs, builds, runs the crash tests in full length. `npm run crash -- web`: the web chat's.
import { build, install, root, run } from './workspace.mjs';

install();
build();
const [first, ...rest] = process.argv.slice(2);
const script =
  first === 'web' ? ['crash/web.mjs', ...rest] : ['crash/run.mjs', ...process.argv.slice(2)];
process.exit(run('node', script, { cwd: root }) ? 0 : 1);
