// What a newcomer does, as a check: `npm start`, requests, a second `npm start`, Ctrl-C.
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './workspace.mjs';

const LIMIT_MS = 60_000;

/**
 * Whether `npm start` listens and answers, says why a second one cannot, and on Ctrl-C finishes the
 * turn that runs and exits 0.
 */
export async function tryStart() {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-start-'));
  // In a process group of its own, as a shell would start it.
  const child = spawn('npm', ['start'], {
    cwd: root,
    env: { ...process.env, PORT: String(port), STORE: `sqlite:${join(folder, 'a.db')}` },
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  });
  /** @param {NodeJS.Signals} signal */
  const signalAll = (signal) => {
    try {
      process.kill(-Number(child.pid), signal);
    } catch {
      // All of them have ended.
    }
  };
  const exit = new Promise((resolve) =>
    child.once('exit', (code, signal) => resolve(code ?? signal)),
  );
  const start = performance.now();
  const deadline = setTimeout(() => signalAll('SIGKILL'), LIMIT_MS);
  try {
    const status = await poll(`http://127.0.0.1:${port}/health`, child);
    if (status !== 200) {
      console.error(`GET /health: ${status}`);
      return false;
    }
    console.log(`listening after ${((performance.now() - start) / 1000).toFixed(1)} s`);
    const webhook = `http://127.0.0.1:${port}/webhooks/rest/webhook`;
    if (!(await expectText('an answer', await say(webhook, 'help'), /Say one of these/)))
      return false;
    if (!(await expectText('a taken port', await failToStart(port), /port \d+ is taken/)))
      return false;

    // The words that are still to come when Ctrl-C is pressed arrive all the same.
    const running = await say(`${webhook}?stream=true`, 'stream');
    // A terminal signals the whole group, and npm passes its own on: the server gets two.
    signalAll('SIGINT');
    if (!(await expectText('a running turn', running, /"last "\}\n.*"one\."\}\n$/))) return false;
    const code = await exit;
    if (code !== 0) console.error(`Ctrl-C: ended with ${code} instead of 0`);
    return code === 0;
  } finally {
    clearTimeout(deadline);
    signalAll('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resolves when the answer begins. @param {string} url @param {string} message */
function say(url, message) {
  return fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sender: 'me', message }),
  });
}

/** What a server says that cannot start. @param {number} port @returns {Promise<Response>} */
function failToStart(port) {
  return new Promise((resolve) => {
    execFile(
      'npm',
      ['start', '--silent'],
      { cwd: root, env: { ...process.env, PORT: String(port), STORE: 'memory' } },
      (error, stdout, stderr) => resolve(new Response(error ? stderr : `it started: ${stdout}`)),
    );
  });
}

/** @param {string} what @param {Response} response @param {RegExp} expected */
async function expectText(what, response, expected) {
  const text = await response.text();
  const isExpected = expected.test(text);
  if (!isExpected) console.error(`${what}: expected ${expected}, got:\n${text}`);
  return isExpected;
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
