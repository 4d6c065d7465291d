// The floor: node:http, node:crypto and an undici Pool, nothing else; or with bare rows in SQLite.
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { BareRows } from '../../harness/bare-rows.mjs';
import { folder } from '../../harness/folder.mjs';
import { isSame, poster, serveWebhook } from '../../harness/webhook-floor.mjs';
import { ANSWERS, answerOf, API_URL, STORE } from '../arguments.mjs';
import { PATH, SECRET, TOKEN } from '../events.mjs';

const post = poster({
  origin: new URL(API_URL).origin,
  connections: 32,
  path: '/api/chat.postMessage',
  authorization: `Bearer ${TOKEN}`,
});

const rows = STORE === 'sqlite' ? new BareRows(join(folder(), 'bare.db')) : null;

serveWebhook(PATH, (req, res, body) => {
  const timestamp = String(req.headers['x-slack-request-timestamp']);
  const hmac = createHmac('sha256', SECRET).update(`v0:${timestamp}:`).update(body).digest('hex');
  const given = Buffer.from(String(req.headers['x-slack-signature']));
  if (!isSame(given, Buffer.from(`v0=${hmac}`))) {
    res.writeHead(401).end();
    return;
  }
  void answer(JSON.parse(body.toString()).event, () => {
    res.writeHead(200, { 'content-length': 0 });
    res.end();
  });
});

/** @param {{ channel: string, text: string, ts: string }} event @param {() => void} acknowledge */
async function answer({ channel, text, ts }, acknowledge) {
  const id = `${channel}:${ts}`;
  if (rows !== null) await rows.add(id, { channel, text, ts });
  acknowledge();
  /** @type {object[]} */
  const steps = [];
  for (let index = 0; index < ANSWERS; index++) {
    const said = answerOf(text, index);
    const blocks = JSON.stringify([{ type: 'markdown', text: said }]);
    if (rows !== null) await rows.save(id, [...steps, { state: 'begun' }]);
    const { statusCode, answer: posted } = await post({ channel, text: said, blocks });
    if (statusCode !== 200 || !posted.ok) throw new Error('not posted');
    steps.push({ state: 'done', ts: posted.ts });
  }
  if (rows !== null) await rows.end(id);
}
