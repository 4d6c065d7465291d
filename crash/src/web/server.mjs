// A server for web chats as a user of the packages would write it, on what is built. It is killed at any
// moment, or asked to end.
import { Trunkline } from '@trunkline/core';
import { RedisStore } from '@trunkline/redis';
import { SqliteStore } from '@trunkline/sqlite';
import { WebSocketInput } from '@trunkline/websocket';
import { wait } from '../script.mjs';
import { answersTo, kindOf, numberOf, piecesOf } from './script.mjs';

/** @type {{ store: string }} */
const { store } = JSON.parse(String(process.argv[2]));

const line = new Trunkline({
  // What waited for a connection comes at once.
  channels: [new WebSocketInput({ framesPerSecond: 1_000 })],
  store: store.startsWith('redis:')
    ? new RedisStore({ url: store })
    : new SqliteStore({ file: store.slice('sqlite:'.length) }),
  async assistant({ text }, reply) {
    const n = numberOf(text ?? '');
    const [first = ''] = answersTo(n);
    switch (kindOf(n)) {
      case 'a stream':
        await reply.stream(slowly(piecesOf(n)));
        break;
      case 'buttons':
        await reply.buttons(first, [{ title: 'Yes', payload: '/yes' }]);
        break;
      case 'a slow text':
        await wait(Math.random() * 50);
        await reply.text(first);
        break;
      case 'two texts':
        for (const answer of answersTo(n)) await reply.text(answer);
    }
  },
});

/** @param {Iterable<string>} pieces */
async function* slowly(pieces) {
  for (const piece of pieces) {
    yield piece;
    await wait(5);
  }
}

const server = await line.listen(0, '127.0.0.1');
const address = server.address();
process.once('SIGTERM', () => void line.close().then(() => process.exit()));
process.on('disconnect', () => process.exit());
process.send?.({ port: typeof address === 'object' ? address?.port : null });
