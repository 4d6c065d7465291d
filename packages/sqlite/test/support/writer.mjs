// Stores one thing after the other, says the number of each that is stored, and never stops. Every
// third turn is finished before the next is added.
import { SqliteStore } from '@trunkline/sqlite';

const store = new SqliteStore({ file: process.argv[2] });
const options = { markTtlMs: 3_600_000, maxTurns: 1_000_000 };
for (let i = Number(process.argv[3]); ; i++) {
  const turn = { conversation: `user ${i % 5}`, id: String(i), message: 'x'.repeat(i % 2000) };
  const [, , added] = await Promise.all([
    store.values.set('written', String(i), { i, text: 'x'.repeat(i % 2000) }),
    store.values.set('latest', 'i', i),
    store.turns.add(turn, options),
    // What a platform delivers twice comes twice at once, too.
    store.turns.add(turn, options),
  ]);
  // One that a process had added when it was killed is known; it is finished if it is not.
  if (i % 3 === 0 && added !== 'finished') {
    const lock = await store.lock(turn.conversation);
    const append = { namespace: 'history', items: [i], maxItems: 1_000, ttlMs: 3_600_000 };
    await store.turns.commit(lock, { remove: [turn.id], append });
    lock.release();
  }
  process.stdout.write(`${i}\n`);
}
