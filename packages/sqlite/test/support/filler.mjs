// Adds turns until one is refused, tells by how many and by what, and whether it goes on with less.
import { SqliteStore } from '@trunkline/sqlite';

const store = new SqliteStore({ file: process.argv[2] });
const options = { markTtlMs: 3_600_000, maxTurns: 1_000_000 };
for (let i = 0; ; i++) {
  const turn = { conversation: 'ada', id: String(i), message: 'x'.repeat(20_000) };
  const refusal = await store.turns.add(turn, options).then(
    () => null,
    (error) => error,
  );
  if (refusal === null) continue;
  await store.ready();
  process.stdout.write(JSON.stringify({ added: i, refusal: String(refusal) }));
  await store.close();
  break;
}
