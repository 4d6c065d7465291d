// `node trunkline.mjs <memory | sqlite | logs> [folder]`
import { join } from 'node:path';
import { MemoryStore, Trunkline } from '@trunkline/core';
import { WebSocketInput } from '@trunkline/websocket';
import { SteeredClock } from '../../harness/steered-clock.mjs';
import { ready } from '../../harness/target.mjs';
import { QUESTION } from '../turns.mjs';
import { pieces } from './pieces.mjs';

const [kind, folder = '.'] = process.argv.slice(2);
const clock = new SteeredClock();
const stores = {
  memory: () => new MemoryStore(),
  sqlite: openFile,
  // Room for all of them to be full: by default, all together have a few megabytes.
  logs: () => new MemoryStore({ clock, maxListCharacters: 1e9 }),
};
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
  store: await stores[/** @type {keyof typeof stores} */ (kind)](),
  ...(kind === 'logs' ? { delivery: { markTtlMs: 1 } } : {}),
});
ready(await line.listen(0, '127.0.0.1'), {
  /** The marks that keep messages from being handled twice are gone: they are none of the logs’. */
  async forget() {
    clock.advance(120_000);
    return {};
  },
});

async function openFile() {
  const { SqliteStore } = await import('@trunkline/sqlite');
  return new SqliteStore({ file: join(folder, 'websocket.db') });
}
