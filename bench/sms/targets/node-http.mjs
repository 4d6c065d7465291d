// The floor: node:http, node:crypto, and a Pool of undici for what is sent; nothing else.
import { createHmac } from 'node:crypto';
import { isSame, poster, serveWebhook } from '../../harness/webhook-floor.mjs';
import { ACCOUNT, answersTo, NOTHING, OUR_NUMBER, PATH, TOKEN, twimlOf } from '../messages.mjs';

const [id = '', platformPort] = process.argv.slice(2);
const isTwiml = id.startsWith('twiml');
const post = poster({
  origin: `http://127.0.0.1:${platformPort}`,
  connections: 64,
  path: `/2010-04-01/Accounts/${ACCOUNT}/Messages.json`,
  authorization: `Basic ${Buffer.from(`${ACCOUNT}:${TOKEN}`).toString('base64')}`,
});

serveWebhook(PATH, (req, res, body) => {
  const form = new URLSearchParams(body.toString());
  let signed = `http://${req.headers.host}${req.url}`;
  for (const name of [...form.keys()].toSorted()) signed += name + form.get(name);
  const expected = createHmac('sha1', TOKEN).update(signed).digest();
  if (!isSame(Buffer.from(String(req.headers['x-twilio-signature']), 'base64'), expected)) {
    res.writeHead(403).end();
    return;
  }
  const texts = answersTo(form.get('Body') ?? '');
  const xml = isTwiml ? twimlOf(texts) : NOTHING;
  res.writeHead(200, { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(xml) });
  res.end(xml);
  if (!isTwiml) void send(form.get('From') ?? '', texts);
});

/** @param {string} to @param {readonly string[]} texts */
async function send(to, texts) {
  for (const text of texts) {
    const { statusCode, answer } = await post({ To: to, From: OUR_NUMBER, Body: text });
    if (statusCode !== 201 || !answer.sid) throw new Error(`answered ${statusCode}`);
  }
}
