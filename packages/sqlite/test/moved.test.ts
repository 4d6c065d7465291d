import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SqliteStore } from '../src/index.ts';
import { newFile } from './support/files.ts';

// SQLite goes on in a file that has lost its name: turns were accepted, and gone with the process.

const OPTIONS = { markTtlMs: 60_000, maxTurns: 9 };
const turn = (id: string) => ({ conversation: 'ada', id, message: 'hello' });

const empty = (folder: string): void => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
};

describe('a file that is', () => {
  it.each<[string, (file: string) => void]>([
    ['deleted', (file) => rmSync(file)],
    ['deleted with all that is beside it', (file) => empty(dirname(file))],
    ['deleted with its folder', (file) => rmSync(dirname(file), { recursive: true })],
    ['deleted as to its log', (file) => rmSync(`${file}-wal`)],
    [
      'replaced by a copy',
      (file) => {
        copyFileSync(file, `${file}-copy`);
        renameSync(`${file}-copy`, file);
      },
    ],
  ])('%s while it is used takes nothing more', async (_, harm) => {
    const file = newFile();
    const store = new SqliteStore({ file });
    expect(await store.turns.add(turn('1'), OPTIONS)).toBe('added');
    harm(file);
    const refused = { name: 'StoreError', code: 'moved_file' };
    await expect(store.turns.add(turn('2'), OPTIONS)).rejects.toMatchObject(refused);
    await expect(store.ready()).rejects.toThrow(
      /trunkline\.db, or its -wal, was deleted, moved or replaced: nothing more is stored\. Put both back, or start the server again/,
    );
    await store.close();
  });

  it('moved with its folder takes more when it is back, and has all of it', async () => {
    const file = newFile();
    const [folder, elsewhere] = [dirname(file), `${dirname(file)}-elsewhere`];
    const store = new SqliteStore({ file });
    await store.turns.add(turn('1'), OPTIONS);
    renameSync(folder, elsewhere);
    await expect(store.ready()).rejects.toMatchObject({ code: 'moved_file' });
    // Another server may have been started meanwhile.
    mkdirSync(folder);
    const other = new SqliteStore({ file });
    expect(await other.turns.add(turn('other'), OPTIONS)).toBe('added');
    await expect(store.ready()).rejects.toMatchObject({ code: 'moved_file' });
    await other.close();
    rmSync(folder, { recursive: true });
    renameSync(elsewhere, folder);
    expect(await store.turns.add(turn('2'), OPTIONS)).toBe('added');
    await store.close();
    const next = new SqliteStore({ file });
    expect(await next.turns.waiting('ada', 9)).toMatchObject([{ id: '1' }, { id: '2' }]);
    await next.close();
  });
});
