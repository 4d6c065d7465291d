// The floor: node:http, node:crypto, and a Pool of undici for what is sent; nothing else. `twiml-bare`: each
// message is a bare turn over memory as well, the least that answers it once, in its order, with a history.
import { createHmac } from 'node:crypto';
import { UserMessage } from '@trunkline/core';
import { BareTurns } from '../../harness/bare-turns.mjs';
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

/** @typedef {{ res: import('node:http').ServerResponse, texts: string[] }} Waiting */

/** Who waits for an answer, by the user: each has one message under way. @type {Map<string, Waiting>} */
const waiting = new Map();
const turns = new BareTurns({
  answer: async ({ text, senderId }, reply) => {
    for (const answer of answersTo(text ?? '')) await reply.text(answer);
    const { res, texts } = waitingOf(senderId);
    waiting.delete(senderId);
    respond(res, twimlOf(texts));
  },
  send: async ({ recipientId, text }) => {
    waitingOf(recipientId).texts.push(text);
    return {};
  },
});

/** @param {string} user */
function waitingOf(user) {
  const found = waiting.get(user);
  if (found === undefined) throw new Error(`nobody waits for ${user}`);
  return found;
}

serveWebhook(PATH, (req, res, body) => {
  const form = new URLSearchParams(body.toString());
  let signed = `http://${req.headers.host}${req.url}`;
  for (const name of [...form.keys()].toSorted()) signed += name + form.get(name);
  const expected = createHmac('sha1', TOKEN).update(signed).digest();
  if (!isSame(Buffer.from(String(req.headers['x-twilio-signature']), 'base64'), expected)) {
    res.writeHead(403).end();
    return;
  }
  const [text, senderId] = [form.get('Body') ?? '', form.get('From') ?? ''];
  if (id === 'twiml-bare') {
    waiting.set(senderId, { res, texts: [] });
    const messageId = form.get('MessageSid') ?? '';
    void turns.accept(new UserMessage({ text, senderId, messageId, address: { to: senderId } }));
    return;
  }
  const texts = answersTo(text);
  respond(res, isTwiml ? twimlOf(texts) : NOTHING);
  if (!isTwiml) void send(senderId, texts);
});

/** @param {import('node:http').ServerResponse} res @param {string} xml */
function respond(res, xml) {
  res.writeHead(200, { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(xml) });
  res.end(xml);
}

/** @param {string} to @param {readonly string[]} texts */
async function send(to, texts) {
  for (const text of texts) {
    const { statusCode, answer } = await post({ To: to, From: OUR_NUMBER, Body: text });
    if (statusCode !== 201 || !answer.sid) throw new Error(`answered ${statusCode}`);
  }
}
