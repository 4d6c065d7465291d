// `node trunkline.mjs <memory | sqlite> [folder]`
import { join } from 'node:path';
import { MemoryStore, Trunkline } from '@trunkline/core';
import { WebSocketInput } from '@trunkline/websocket';
import { ready } from '../../harness/target.mjs';
import { QUESTION } from '../turns.mjs';
import { pieces } from './pieces.mjs';

const [kind, folder = '.'] = process.argv.slice(2);
const line = new Trunkline({
  // Nobody who types sends as fast as this load does.
  channels: [new WebSocketInput({ framesPerSecond: Infinity })],
  assistant: async (message, reply) => {
    if (message.text === 'stream') {
      await reply.stream(pieces());
      return;
    }
    await reply.text(`You said: ${message.text}`);
    await reply.text(QUESTION);
  },
  store: kind === 'sqlite' ? await openFile() : new MemoryStore(),
});
ready(await line.listen(0, '127.0.0.1'));

async function openFile() {
  const { SqliteStore } = await import('@trunkline/sqlite');
  return new SqliteStore({ file: join(folder, 'websocket.db') });
}
