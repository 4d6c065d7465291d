// The floor: ws, and the same frames. No acknowledgements, no log, no resume, no limits.
// `node ws.mjs turns`: each message is a bare turn over memory, the least that keeps it until it is answered.
import { createServer } from 'node:http';
import { UserMessage } from '@trunkline/core';
import { WebSocketServer } from 'ws';
import { BareTurns } from '../../harness/bare-turns.mjs';
import { ready } from '../../harness/target.mjs';
import { PATH, QUESTION } from '../turns.mjs';
import { pieces } from './pieces.mjs';

const server = createServer();
const sockets = new WebSocketServer({ server, path: PATH, maxPayload: 65_536 });
const hasTurns = process.argv[2] === 'turns';
let sessions = 0;
let messages = 0;

/** @type {Map<string, (text: string) => void>} */
const sayers = new Map();
const turns = new BareTurns({
  answer: async ({ text }, reply) => {
    await reply.text(`You said: ${text}`);
    await reply.text(QUESTION);
  },
  send: async ({ recipientId, text }) => {
    sayers.get(recipientId)?.(text);
    return { recipientId };
  },
});

sockets.on('connection', (socket) => {
  const session = `session-${sessions++}`;
  let seq = 0;
  const send = (/** @type {object} */ frame) => socket.send(JSON.stringify(frame));
  /** @param {string} type @param {object} content */
  const say = (type, content, id = `message-${messages++}`) =>
    send({ type, ...content, recipient_id: session, id, seq: ++seq });
  const stream = async () => {
    const id = `stream-${messages++}`;
    let text = '';
    say('stream_start', {}, id);
    for await (const chunk of pieces()) {
      send({ type: 'stream_chunk', recipient_id: session, id, offset: text.length, chunk });
      text += chunk;
    }
    say('stream_end', { text }, id);
  };
  socket.on('message', (data) => {
    const { message } = JSON.parse(/** @type {Buffer} */ (data).toString());
    if (message === 'stream') {
      void stream();
    } else if (hasTurns) {
      const messageId = `user-${messages++}`;
      void turns.accept(new UserMessage({ text: message, senderId: session, messageId }));
    } else {
      say('text', { text: `You said: ${message}` });
      say('text', { text: QUESTION });
    }
  });
  sayers.set(session, (text) => say('text', { text }));
  socket.on('close', () => sayers.delete(session));
  send({ type: 'session', session, token: null, seq: 0, resumed: false });
});
server.listen(0, '127.0.0.1', () => ready(server));
