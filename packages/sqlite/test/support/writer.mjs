// Writes one value after the other, says the number of each that is stored, and never stops.
import { SqliteStore } from '@trunkline/sqlite';

const store = new SqliteStore({ file: process.argv[2] });
for (let i = Number(process.argv[3]); ; i++) {
  await Promise.all([
    store.values.set('written', String(i), { i, text: 'x'.repeat(i % 2000) }),
    store.values.set('latest', 'i', i),
  ]);
  process.stdout.write(`${i}\n`);
}
