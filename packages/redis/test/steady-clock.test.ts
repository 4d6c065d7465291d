import { Redis } from 'ioredis';
import { beforeEach, expect, it, vi } from 'vitest';
import { needs } from '../../../scripts/test-support/needs.ts';
import { anyRedis, newPrefix, openStore, redisUrl, until } from './support/redis.ts';

const machine = vi.hoisted(() => {
  const { now } = Date;
  const clock = { offsetMs: 0 };
  // Ahead of the imports: the system's clock takes hold of it when it is loaded.
  Date.now = () => now() + clock.offsetMs;
  return clock;
});

beforeEach(needs(anyRedis));

it('finds a process that died after the clock of the machine was set back', async () => {
  // By the clock, the connection was to come up in an hour, and until then nobody looked for the dead.
  const url = await redisUrl();
  const prefix = newPrefix();
  const clients: Redis[] = [];
  const create = (options: { redis: object }): Redis => {
    const client = new Redis(url, options.redis);
    clients.push(client);
    return client;
  };
  const dying = openStore({ create, prefix });
  const living = openStore({ url, prefix });
  const named: string[] = [];
  living.turns.watch((conversation) => named.push(conversation));
  await living.ready();
  const options = { markTtlMs: 60_000, maxTurns: 50 };
  await dying.lock('ada');
  await dying.turns.add({ conversation: 'ada', id: '1', message: 'Hi' }, options);
  machine.offsetMs = -60 * 60 * 1000;
  for (const client of clients) client.disconnect();
  await until('it to be named', () => named.includes('ada'));
  expect(named).toContain('ada');
});
