import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { SqliteStore } from '../src/index.ts';
import { newFile } from './support/files.ts';

const writer = fileURLToPath(new URL('support/writer.mjs', import.meta.url));

/** Lets a process write until it has stored some values, kills it, and gives the last one stored. */
async function writeAndDie(file: string, from: number, count: number): Promise<number> {
  const child = spawn(process.execPath, [writer, file, String(from)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last = from - 1;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    // What it stores between the signal and its end may be there too, and is not asked for.
    if (last === from + count) child.kill('SIGKILL');
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  expect(child.signalCode).toBe('SIGKILL');
  return last;
}

it('has everything that was stored when its process was killed, and is taken over at once', async () => {
  const file = newFile();
  let last = -1;
  for (const count of [1, 40, 7, 90, 23]) {
    last = await writeAndDie(file, last + 1, count);
    const store = new SqliteStore({ file });
    for (let i = 0; i <= last; i++) {
      expect(await store.values.get('written', String(i)), `value ${i}`).toMatchObject({
        value: { i, text: 'x'.repeat(i % 2000) },
      });
    }
    const latest = await store.values.get('latest', 'i');
    expect(Number(latest?.value)).toBeGreaterThanOrEqual(last);
    for (let user = 0; user < 5; user++) await checkTurns(store, user, last);
    await store.close();
  }
}, 30_000);

/** The turns that were added and not finished are there, in their order; each once. */
async function checkTurns(store: SqliteStore, user: number, last: number): Promise<void> {
  const conversation = `user ${user}`;
  const waiting = await store.turns.waiting(conversation, 1_000_000);
  const ids = waiting.map(({ id }) => Number(id));
  const said = Array.from({ length: last + 1 }, (_, i) => i).filter((i) => i % 5 === user);
  // What came after the last that was said may be there, too: added, or finished already.
  expect(ids.filter((id) => id <= last)).toEqual(said.filter((i) => i % 3 !== 0));
  expect(ids).toEqual(ids.toSorted((a, b) => a - b));
  expect(new Set(ids).size).toBe(ids.length);
  for (const { id, message } of waiting) expect(message).toBe('x'.repeat(Number(id) % 2000));
  // What is finished is known, with all that was committed with it.
  const finished = (await store.lists.last('history', conversation, 1_000)).map(Number);
  const options = { markTtlMs: 1, maxTurns: 1_000_000 };
  for (const i of said) {
    const added = await store.turns.add({ conversation, id: String(i), message: '' }, options);
    expect(added, `turn ${i}`).toBe(i % 3 === 0 ? 'finished' : 'unfinished');
  }
  expect(new Set(finished).size).toBe(finished.length);
  expect(finished.filter((i) => i <= last)).toEqual(said.filter((i) => i % 3 === 0));
  expect(finished.filter((i) => ids.includes(i))).toEqual([]);
}
