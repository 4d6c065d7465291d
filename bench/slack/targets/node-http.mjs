// The floor: node:http, node:crypto and an undici Pool, nothing else.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { Pool } from 'undici';
import { ready } from '../../harness/target.mjs';
import { ANSWERS, answerOf, API_URL } from '../arguments.mjs';
import { PATH, SECRET, TOKEN } from '../events.mjs';

const pool = new Pool(new URL(API_URL).origin, { connections: 32 });

const server = createServer((req, res) => {
  if (req.method !== 'POST' || req.url !== PATH) {
    res.writeHead(404).end();
    return;
  }
  /** @type {Buffer[]} */
  const chunks = [];
  req.on('data', (chunk) => chunks.push(chunk));
  req.on('end', () => {
    const body = Buffer.concat(chunks);
    const timestamp = String(req.headers['x-slack-request-timestamp']);
    const hmac = createHmac('sha256', SECRET).update(`v0:${timestamp}:`).update(body).digest('hex');
    const [given, expected] = [
      Buffer.from(String(req.headers['x-slack-signature'])),
      Buffer.from(`v0=${hmac}`),
    ];
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      res.writeHead(401).end();
      return;
    }
    const { event } = JSON.parse(body.toString());
    res.writeHead(200, { 'content-length': 0 });
    res.end();
    void answer(event);
  });
});

/** @param {{ channel: string, text: string }} event */
async function answer({ channel, text }) {
  for (let index = 0; index < ANSWERS; index++) {
    const said = answerOf(text, index);
    const blocks = JSON.stringify([{ type: 'markdown', text: said }]);
    const { statusCode, body } = await pool.request({
      path: '/api/chat.postMessage',
      method: 'POST',
      headers: {
        authorization: `Bearer ${TOKEN}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams({ channel, text: said, blocks }).toString(),
    });
    const { ok } = /** @type {{ ok: boolean }} */ (await body.json());
    if (statusCode !== 200 || !ok) throw new Error('not posted');
  }
}

server.listen(0, '127.0.0.1', () => ready(server));
