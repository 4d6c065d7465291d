// Slack, played to the targets within the driver: answers every method at once. Raw sockets: a server of
// Node's would cost the driver more than the targets.
import { createServer } from 'node:net';

/**
 * @typedef {object} Platform
 * @property {number} port
 * @property {(channel: string) => void} onPost - Called with each post, by its channel.
 */

const ANSWER = answer({
  ok: true,
  channel: 'D1',
  ts: '1700000000.000100',
  message: { type: 'message', user: 'U0LAN0Z89', bot_id: 'B1', text: 'x', ts: '1700000000.000100' },
  url: 'https://example.slack.com/',
  team: 'Example',
  user: 'bot',
  team_id: 'T061EG9R6',
  user_id: 'U0LAN0Z89',
  bot_id: 'B1',
});

/** @type {Promise<Platform> | null} */
let started = null;

/** The one platform of this process. @returns {Promise<Platform>} */
export function platform() {
  started ??= start();
  return started;
}

/** @returns {Promise<Platform>} */
function start() {
  /** @type {Platform} */
  const played = { port: 0, onPost: () => {} };
  const server = createServer((socket) => {
    let received = '';
    socket.setNoDelay(true);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      received += data.toString('latin1');
      for (;;) {
        const headEnd = received.indexOf('\r\n\r\n');
        if (headEnd === -1) return;
        const head = received.slice(0, headEnd);
        const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
        if (received.length < headEnd + 4 + length) return;
        const body = received.slice(headEnd + 4, headEnd + 4 + length);
        received = received.slice(headEnd + 4 + length);
        socket.write(ANSWER);
        if (!head.startsWith('POST /api/chat.postMessage')) continue;
        const channel = /(?:^|&)channel=(\w+)|"channel":"(\w+)"/.exec(body);
        played.onPost(channel?.[1] ?? channel?.[2] ?? '');
      }
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      played.port = /** @type {import('node:net').AddressInfo} */ (server.address()).port;
      resolve(played);
    });
  });
}

/** @param {unknown} body */
function answer(body) {
  const json = JSON.stringify(body);
  return `HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: ${json.length}\r\nConnection: keep-alive\r\n\r\n${json}`;
}
