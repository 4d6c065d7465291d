import { beforeEach, describe, expect, it } from 'vitest';
import { needs } from '../../../scripts/test-support/needs.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { newPrefix, openStore, QUICK, RedisServer, redisProgram, until } from './support/redis.ts';

expectNoUnhandledRejections();
beforeEach(needs(redisProgram));

const HISTORY = { namespace: 'history', items: ['stale'], maxItems: 9, ttlMs: 60_000 };

describe('a Redis that comes back with nothing in it', () => {
  // The story: it counted its locks from 1 again, and who had held the first one before took the first of
  // now for its own.
  it('takes nothing from whoever held a lock before', async () => {
    const server = await RedisServer.start();
    const prefix = newPrefix();
    // Neither finds out by itself meanwhile.
    const slow = { ...QUICK, leaseMs: 60_000, beatMs: 60_000, checkMs: 60_000, sweepMs: 60_000 };
    const open = () => openStore({ url: server.url, prefix }, slow);
    const [one, two] = [open(), open()];
    const stale = await one.lock('ada');
    await two.ready();
    await server.kill();
    await server.start();
    await until('both to be there', async () => {
      await Promise.all([one.ready(), two.ready()]);
      return true;
    });
    const lock = await two.lock('ada');
    expect(lock.fence).toBeGreaterThan(stale.fence);
    const late = one.turns.commit(stale, { append: HISTORY });
    await expect(late).rejects.toMatchObject({ code: 'lost_lock' });
    expect(await two.turns.commit(lock, {})).toBe(true);
    expect(await two.lists.last('history', 'ada', 9)).toEqual([]);
    lock.release();
    expect((await one.lock('ada')).fence).toBe(lock.fence + 1);
  });
});
