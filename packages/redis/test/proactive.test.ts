import { OutputChannel, InputChannel, Trunkline, UserMessage, type Turns } from '@trunkline/core';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { needs } from '../../../scripts/test-support/needs.ts';
import { anyRedis, newPrefix, openStore, QUICK, redisUrl, until } from './support/redis.ts';

let url: string;
let prefix: string;
beforeEach(needs(anyRedis));
beforeEach(async () => {
  url = await redisUrl();
  prefix = newPrefix();
});

const lines: Trunkline[] = [];
afterEach(async () => {
  await Promise.all(lines.splice(0).map((line) => line.close(0)));
});

/** A server that can die, with a channel of its own connection to the platform. */
interface Server {
  line: Trunkline;
  turns: Turns;
  die: () => void;
}

function start(said: string[], send: (text: string) => unknown): Server {
  const clients: Redis[] = [];
  const create = (options: { redis: object }): Redis => {
    const client = new Redis(url, options.redis);
    clients.push(client);
    return client;
  };
  let isDead = false;
  class DeskOutput extends OutputChannel {
    readonly name = 'desk';

    async sendTextMessage(to: string, text: string): Promise<void> {
      await this.deliver(text, async () => {
        await send(text);
        if (isDead) return await new Promise<never>(() => {});
        said.push(`${to} ${text}`);
        return {};
      });
    }
  }
  const given: Turns[] = [];
  class DeskInput extends InputChannel {
    readonly name = 'desk';

    override routes(own: Turns): [] {
      given.push(own);
      return [];
    }

    override getOutputChannel(): OutputChannel {
      return new DeskOutput();
    }
  }
  const line = new Trunkline({
    channels: [new DeskInput()],
    store: openStore({ create, prefix }, QUICK),
    assistant: { handle: () => {}, triggerIntent: (_intent, reply) => reply.text('intent') },
  });
  line.start();
  const [turns] = given;
  if (turns === undefined) throw new Error('the line has not asked for routes');
  const die = (): void => {
    isDead = true;
    for (const client of clients) client.disconnect();
  };
  if (lines.push(line) > 2) throw new Error('two servers are enough');
  return { line, turns, die };
}

it('a proactive message goes out from any server, and from another where its own dies', async () => {
  const said: string[] = [];
  const first = start(said, async (text) => {
    if (text === 'hang') await new Promise(() => {});
  });
  const second = start(said, () => {});
  const hi = { senderId: 'ada', text: 'Hi', messageId: '1', address: { to: 'ada' } };
  await first.turns.accept(new UserMessage(hi));
  await until('the first turn', async () => (await second.line.lastSeen('ada')) !== null);
  // From a server that has never heard of her.
  await second.line.send('ada', { text: 'from the second' });
  await until('the first response', () => said.length === 1);
  const send = (server: Server) =>
    server.line.send('ada', { text: 'hang' }, { channel: 'desk', idempotencyKey: 'k' });
  expect(await send(first)).toMatchObject({ status: 'accepted' });
  await first.line.triggerIntent('ada', { name: 'x' });
  first.die();
  expect(await send(second)).toMatchObject({ status: 'duplicate' });
  await until('what the dead one has left', () => said.length === 3, 20_000);
  expect(said).toEqual(['ada from the second', 'ada hang', 'ada intent']);
}, 30_000);
