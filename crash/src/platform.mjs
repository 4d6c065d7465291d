// The stub platform, a process of its own: it survives the kills, and remembers every request. It
// also does most of the killing, since it knows to the microsecond how far a worker has come.
import { createServer } from 'node:http';
import { Random } from './random.mjs';
import { isLast, now } from './script.mjs';

/** @typedef {import('./record.d.ts').PlatformEvent} PlatformEvent */
/** @typedef {import('./record.d.ts').PlatformOptions} PlatformOptions */
/** @typedef {import('./record.d.ts').Trap} Trap */
/** @typedef {import('node:http').IncomingMessage} Request */
/** @typedef {import('node:http').ServerResponse} Response */

/** @type {PlatformOptions} */
const { seed, faults } = JSON.parse(String(process.argv[2]));
const random = new Random(seed);

/** @type {PlatformEvent[]} */
const events = [];
/** @type {Set<string>} */
const taken = new Set();
/** @type {Set<string>} */
const dead = new Set();
/** @type {Trap | null} */
let trap = null;
let isDown = false;

const FAULTS = /** @type {const} */ (['unavailable', 'too-many', 'hang', 'close']);

const server = createServer((req, res) => {
  // Workers that were killed.
  req.on('error', () => {});
  res.on('error', () => {});
  const { pathname } = new URL(req.url ?? '/', 'http://platform');
  if (pathname === '/record') answer(res, 200, events);
  else if (pathname === '/runs') void readJson(req).then((body) => noteRun(req, res, body));
  else if (req.method === 'POST') void readJson(req).then((body) => take(req, res, body));
  else find(res, decodeURIComponent(pathname.slice('/messages/'.length)));
});
// A connection that the platform closes while it is not in use looks like a request that broke off.
server.keepAliveTimeout = 600_000;

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.({ port: typeof address === 'object' ? address?.port : null });
});

process.on('message', (/** @type {{ trap?: Trap | null, isDown?: boolean }} */ message) => {
  if (message.trap !== undefined) trap = message.trap;
  if (message.isDown !== undefined) isDown = message.isDown;
});
process.on('disconnect', () => process.exit());

/** `POST /messages`: a response of the assistant. @param {Request} req @param {Response} res @param {any} body */
function take(req, res, body) {
  const { worker, pid } = senderOf(req);
  const key = String(req.headers['idempotency-key']);
  const { conversation, text } = body;
  const note = (/** @type {boolean} */ isTaken) => {
    if (isTaken) taken.add(key);
    events.push({ kind: 'request', at: now(), worker, key, conversation, text, isTaken });
  };
  const caught = catches('step', worker);
  if (caught) {
    note(caught.isTaken);
    kill(worker, pid, 'step', 0);
    return;
  }
  const fault = isDown
    ? random.pick(/** @type {const} */ (['unavailable', 'too-many']))
    : random.chance(faults) && random.pick(FAULTS);
  if (fault === 'unavailable' || fault === 'too-many') {
    note(false);
    if (fault === 'too-many') res.setHeader('retry-after', '1');
    return answer(res, fault === 'too-many' ? 429 : 503, { error: fault });
  }
  if (fault) {
    note(random.chance(0.5));
    if (fault === 'close') req.socket.destroy();
    return;
  }
  note(true);
  answer(res, 200, { id: key });
  const moment = isLast(text) ? 'last' : 'between';
  const killsAfter = catches(moment, worker);
  if (killsAfter) kill(worker, pid, moment, killsAfter.delayMs);
}

/** `GET /messages/<key>`: whether a response has arrived. @param {Response} res @param {string} key */
function find(res, key) {
  if (isDown || random.chance(faults)) return answer(res, 503, { error: 'unavailable' });
  answer(res, taken.has(key) ? 200 : 404, { id: key });
}

/** `POST /runs`: what a worker tells of its assistant. @param {Request} req @param {Response} res @param {any} body */
function noteRun(req, res, body) {
  const { worker, pid } = senderOf(req);
  events.push({ ...body, at: now(), worker });
  answer(res, 200, {});
  if (body.kind !== 'broken') process.send?.({ run: body });
  const caught = body.kind === 'start' && catches('run', worker);
  if (caught) kill(worker, pid, 'run', caught.delayMs);
}

/** The trap, if it is set for this moment. @param {Trap['moment']} moment @param {string} worker */
function catches(moment, worker) {
  // What a worker has sent may be read after its death.
  if (trap?.moment !== moment || dead.has(worker)) return null;
  const caught = trap;
  trap = null;
  return caught;
}

/** @param {string} worker @param {number} pid @param {Trap['moment']} moment @param {number} delayMs */
function kill(worker, pid, moment, delayMs) {
  const strike = () => {
    if (dead.has(worker)) return;
    dead.add(worker);
    const at = now();
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // The driver was faster.
    }
    process.send?.({ kill: { at, worker, moment } });
  };
  if (delayMs < 0.5) strike();
  else setTimeout(strike, delayMs);
}

/** @param {Request} req */
function senderOf(req) {
  const [worker = '', pid] = String(req.headers['x-worker']).split(' ');
  return { worker, pid: Number(pid) };
}

/** @param {Request} req @returns {Promise<any>} never, where the sender was killed on the way */
function readJson(req) {
  return new Promise((resolve) => {
    /** @type {Buffer[]} */
    const chunks = [];
    req.on('data', (chunk) => chunks.push(chunk));
    req.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString())));
  });
}

/** @param {Response} res @param {number} status @param {unknown} body */
function answer(res, status, body) {
  res.writeHead(status, { 'content-type': 'application/json' });
  res.end(JSON.stringify(body));
}
