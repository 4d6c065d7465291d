// A server that takes one message over, on what is built, and whose assistant takes its time: it ends
// when its signal says so, or when it is told to hurry. Or its platform is away for a moment.
import {
  DeliveryError,
  InputChannel,
  MemoryStore,
  OutputChannel,
  Trunkline,
  UserMessage,
} from '@trunkline/core';
import { SqliteStore } from '@trunkline/sqlite';
import { stopOnSignals } from '../../dist/index.js';

const [file = '', how] = process.argv.slice(2);
let mayFail = how === 'retries';
/** @type {(event: Record<string, unknown>) => void} */
const tell = (event) => void process.send?.(event);

class Output extends OutputChannel {
  name = 'stub';

  /** @param {string} _recipientId @param {string} text */
  async sendTextMessage(_recipientId, text) {
    if (mayFail) {
      mayFail = false;
      tell({ failed: text });
      // What tells the test must not be what keeps the process alive.
      process.channel?.unref();
      throw new DeliveryError('away', { retryable: true });
    }
    tell({ said: text });
  }
}

class Input extends InputChannel {
  name = 'stub';

  /** @param {import('@trunkline/core').Turns} turns */
  routes(turns) {
    process.on('message', (text) => {
      const message = { text: String(text), senderId: 'ada', messageId: String(text), address: {} };
      turns.accept(new UserMessage(message)).then(
        (taken) => tell({ taken }),
        (error) => tell({ error: String(error) }),
      );
    });
    return [{ method: 'GET', path: '/', handle: (_req, res) => void res.end() }];
  }

  getOutputChannel() {
    return new Output();
  }
}

const line = new Trunkline({
  channels: [new Input()],
  store: how === 'retries' ? new MemoryStore() : new SqliteStore({ file }),
  logger: { debug() {}, info() {}, warn() {}, error() {} },
  async assistant({ text, attempt }, reply) {
    tell({ began: text, attempt });
    if (how === undefined) await new Promise(() => {});
    await reply.text(`about ${text}`);
  },
});
stopOnSignals(() => line.close());
await line.listen(0, { host: '127.0.0.1' });
tell({ isUp: true });
