// The floor: node:http, node:crypto and an undici Pool, nothing else.
import { createHmac } from 'node:crypto';
import { isSame, poster, serveWebhook } from '../../harness/webhook-floor.mjs';
import { ANSWERS, answerOf, API_URL } from '../arguments.mjs';
import { PATH, SECRET, TOKEN } from '../events.mjs';

const post = poster({
  origin: new URL(API_URL).origin,
  connections: 32,
  path: '/api/chat.postMessage',
  authorization: `Bearer ${TOKEN}`,
});

serveWebhook(PATH, (req, res, body) => {
  const timestamp = String(req.headers['x-slack-request-timestamp']);
  const hmac = createHmac('sha256', SECRET).update(`v0:${timestamp}:`).update(body).digest('hex');
  const given = Buffer.from(String(req.headers['x-slack-signature']));
  if (!isSame(given, Buffer.from(`v0=${hmac}`))) {
    res.writeHead(401).end();
    return;
  }
  const { event } = JSON.parse(body.toString());
  res.writeHead(200, { 'content-length': 0 });
  res.end();
  void answer(event);
});

/** @param {{ channel: string, text: string }} event */
async function answer({ channel, text }) {
  for (let index = 0; index < ANSWERS; index++) {
    const said = answerOf(text, index);
    const blocks = JSON.stringify([{ type: 'markdown', text: said }]);
    const { statusCode, answer: posted } = await post({ channel, text: said, blocks });
    if (statusCode !== 200 || !posted.ok) throw new Error('not posted');
  }
}
