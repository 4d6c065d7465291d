// A server as a user of the packages would write it, on what is built: one deferred channel, an
// assistant that counts. It is killed at any moment.
import { readJson, Trunkline } from '@trunkline/core';
import { RedisStore } from '@trunkline/redis';
import { SqliteStore } from '@trunkline/sqlite';
import { StubInput } from './channel.mjs';
import { PlatformClient } from './platform-client.mjs';
import { textsOf, wait } from './script.mjs';

/** @type {import('./record.d.ts').WorkerOptions} */
const { name, store, platform: url, mode } = JSON.parse(String(process.argv[2]));
const platform = new PlatformClient(url, name);

/** @param {string} level */
const log =
  (level) =>
  (/** @type {Readonly<Record<string, unknown>>} */ fields, /** @type {string} */ message) => {
    const { err, ...rest } = fields;
    const about = { at: new Date().toISOString(), worker: name, level, message, ...rest };
    const cause = err instanceof Error ? { err: err.stack } : {};
    process.stderr.write(`${JSON.stringify({ ...about, ...cause })}\n`);
  };

const line = new Trunkline({
  channels: [new StubInput(platform, mode === 'wasSent')],
  store: store.startsWith('redis:')
    ? new RedisStore({ url: store })
    : new SqliteStore({ file: store.slice('sqlite:'.length) }),
  logger: { debug() {}, info: log('info'), warn: log('warn'), error: log('error') },
  delivery: {
    whenUnknown: mode === 'assume-sent' ? 'assume-sent' : 'resend',
    retryMs: 1_000,
    firstDelayMs: 300,
    maxDelayMs: 1_500,
  },
  async assistant({ senderId, messageId: id, attempt }, reply) {
    const count = Number(reply.state['count'] ?? 0);
    const about = { conversation: senderId, id };
    await platform.note({ kind: 'start', ...about, attempt, count });
    reply.state['count'] = count + 1;
    try {
      for (const text of textsOf(id)) {
        if (Math.random() < 0.4) await wait(Math.random() * 15);
        await reply.text(text);
      }
      if (Math.random() < 0.2) await wait(Math.random() * 10);
    } finally {
      await platform.note({ kind: 'end', ...about });
    }
  },
  onTurn: ({ messageId: id, outcome }) => process.send?.({ turn: { id, outcome } }),
});

const server = await line.listen(0, {
  host: '127.0.0.1',
  fallback: (req, res) => {
    const answer = async () => {
      const done = req.method === 'POST' ? await send(req) : await line.deadLetters.list();
      res.end(JSON.stringify(done));
    };
    // A conversation that has not begun yet, too: whoever has asked comes again.
    answer().catch((error) => res.writeHead(500).end(String(error)));
  },
});

/** `POST /send`: says what nobody has asked for. @param {import('node:http').IncomingMessage} req */
async function send(req) {
  const body = await readJson(req, { channel: null, limitBytes: 10_000 });
  const { conversation = '', id = '', text = '' } = /** @type {Record<string, string>} */ (body);
  return await line.send(conversation, { text }, { channel: 'stub', idempotencyKey: id });
}
const address = server.address();
process.send?.({ port: typeof address === 'object' ? address?.port : null });
process.on('disconnect', () => process.exit());
