import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import { needs } from '../../../scripts/test-support/needs.ts';
import { fromRedis, toRedis } from '../src/text.ts';
import { anyRedis, newPrefix, openStore, redisUrl, until } from './support/redis.ts';

beforeEach(needs(anyRedis));

it('any text is the same again after UTF-8, and most is as it was', () => {
  const units = fc.constantFrom('a', 'd', '8', '0', '\uD800', '\uDC00', '\uFFFD', '\uFFFF', '👋');
  const property = fc.property(fc.array(units), (parts) => {
    const text = parts.join('');
    const written = Buffer.from(toRedis(text), 'utf8').toString('utf8');
    expect(fromRedis(written)).toBe(text);
  });
  fc.assert(property, { numRuns: 1_000 });
  expect(toRedis('Grüße 👋🏽 \uFFFD \0')).toBe('Grüße 👋🏽 \uFFFD \0');
});

it('locks and left turns have the names that they were given', async () => {
  const options = { url: await redisUrl(), prefix: newPrefix() };
  const [one, two] = [openStore(options), openStore(options)];
  const named: string[] = [];
  two.turns.watch((conversation) => named.push(conversation));
  const lock = await one.lock('a\uD800');
  expect(lock.key).toBe('a\uD800');
  const other = await two.lock('a\uD801');
  await one.turns.add(
    { conversation: 'a\uD800', id: '\uDC00', message: 'x' },
    { markTtlMs: 60_000, maxTurns: 9 },
  );
  await one.turns.commit(lock, { save: { id: '\uDC00', progress: '\uDC00' } });
  await one.close();
  await until('it to be named', () => named.length > 0);
  expect(named[0]).toBe('a\uD800');
  expect(await two.turns.waiting('a\uD800', 1)).toMatchObject([
    { conversation: 'a\uD800', id: '\uDC00', progress: '\uDC00' },
  ]);
  other.release();
});
