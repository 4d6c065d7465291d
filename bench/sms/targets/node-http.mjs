// The floor: node:http, node:crypto, and a Pool of undici for what is sent; nothing else.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { Pool } from 'undici';
import { ready } from '../../harness/target.mjs';
import { ACCOUNT, answersTo, NOTHING, OUR_NUMBER, PATH, TOKEN, twimlOf } from '../messages.mjs';

const [id = '', platformPort] = process.argv.slice(2);
const isTwiml = id.startsWith('twiml');
const pool = new Pool(`http://127.0.0.1:${platformPort}`, { connections: 64 });
const authorization = `Basic ${Buffer.from(`${ACCOUNT}:${TOKEN}`).toString('base64')}`;

const server = createServer((req, res) => {
  if (req.method !== 'POST' || req.url !== PATH) {
    res.writeHead(404).end();
    return;
  }
  /** @type {Buffer[]} */
  const chunks = [];
  req.on('data', (chunk) => chunks.push(chunk));
  req.on('end', () => {
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    let signed = `http://${req.headers.host}${req.url}`;
    for (const name of [...form.keys()].toSorted()) signed += name + form.get(name);
    const expected = createHmac('sha1', TOKEN).update(signed).digest();
    const given = Buffer.from(String(req.headers['x-twilio-signature']), 'base64');
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      res.writeHead(403).end();
      return;
    }
    const texts = answersTo(form.get('Body') ?? '');
    const xml = isTwiml ? twimlOf(texts) : NOTHING;
    res.writeHead(200, { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(xml) });
    res.end(xml);
    if (!isTwiml) void send(form.get('From') ?? '', texts);
  });
});

/** @param {string} to @param {readonly string[]} texts */
async function send(to, texts) {
  for (const text of texts) {
    const { statusCode, body } = await pool.request({
      method: 'POST',
      path: `/2010-04-01/Accounts/${ACCOUNT}/Messages.json`,
      headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ To: to, From: OUR_NUMBER, Body: text }).toString(),
    });
    const { sid } = /** @type {{ sid: string }} */ (await body.json());
    if (statusCode !== 201 || !sid) throw new Error(`answered ${statusCode}`);
  }
}

server.listen(0, '127.0.0.1', () => ready(server));
