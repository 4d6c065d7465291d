// What a newcomer does, as a check: `npm start`, a request, Ctrl-C.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { root } from './workspace.mjs';

const LIMIT_MS = 60_000;

/** Whether `npm start` listens, answers, and on SIGTERM exits 0. */
export async function tryStart() {
  const port = await freePort();
  const child = spawn(process.execPath, ['-r', './scripts/check-node.cjs', 'scripts/start.mjs'], {
    cwd: root,
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const exit = new Promise((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal)),
  );
  const start = performance.now();
  const deadline = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS);
  try {
    const status = await poll(`http://127.0.0.1:${port}/health`, child);
    if (status !== 200) {
      console.error(`GET /health: ${status}`);
      return false;
    }
    console.log(`listening after ${((performance.now() - start) / 1000).toFixed(1)} s`);
    child.kill('SIGTERM');
    const code = await exit;
    if (code !== 0) console.error(`SIGTERM: exit ${code}`);
    return code === 0;
  } finally {
    clearTimeout(deadline);
    child.kill('SIGKILL');
  }
}

/** @param {string} url @param {import('node:child_process').ChildProcess} child */
async function poll(url, child) {
  while (child.exitCode === null && child.signalCode === null) {
    try {
      return (await fetch(url)).status;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  return 'the server has ended';
}

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
