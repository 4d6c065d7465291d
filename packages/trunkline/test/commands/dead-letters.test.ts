import { Trunkline, UserMessage } from '@trunkline/core';
import { SqliteStore } from '@trunkline/sqlite';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PATIENCE_MS, run } from '../support/command.ts';
import { folderOf } from '../support/folder.ts';
import { PostInput } from '../support/post-input.ts';

/** Somebody who would write over the rows, and over the screen. */
const SENDER = 'ada\tx\r\ny\u001b[2J\u009b0m';

describe('trunkline dead-letters', { timeout: PATIENCE_MS }, () => {
  it('shows what was given up, and has a running server take it up again', async () => {
    const cwd = await folderOf({});
    await mkdir(join(cwd, 'data'));
    const channel = new PostInput();
    let isBroken = true;
    const line = new Trunkline({
      channels: [channel],
      store: new SqliteStore({ file: join(cwd, 'data/trunkline.db') }),
      assistant: async (message, reply) => {
        if (isBroken) throw new Error('the\nmodel is\taway');
        await reply.text(`about ${message.text}`);
      },
    });
    line.start();
    const dead = (args: string[]) => run(['dead-letters', ...args], { cwd });
    try {
      for (const text of ['one', 'two']) {
        const message = { text, senderId: SENDER, messageId: text, address: { to: 'ada' } };
        await channel.turns?.accept(new UserMessage(message));
      }
      await expect.poll(() => line.deadLetters.list()).toHaveLength(2);

      const { text, code } = await dead(['list']);
      expect(code).toBe(0);
      const rows = text
        .trim()
        .split('\n')
        .map((row) => row.split('\t'));
      const [id = ''] = rows[0] ?? [];
      expect(rows).toEqual([
        [
          id,
          expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
          'post',
          'ada x y[2J0m',
          'the model is away',
        ],
        [
          expect.not.stringMatching(id),
          expect.any(String),
          'post',
          'ada x y[2J0m',
          'the model is away',
        ],
      ]);

      const shown = await dead(['show', id]);
      expect(JSON.parse(shown.text)).toMatchObject({
        id,
        channel: 'post',
        message: { text: 'one', senderId: SENDER },
      });
      // eslint-disable-next-line no-control-regex
      expect(shown.text).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f]/);

      expect(await dead(['discard', rows[1]?.[0] ?? ''])).toEqual({ code: 0, text: '' });
      expect(await line.deadLetters.list()).toMatchObject([{ id }]);

      isBroken = false;
      const answered = channel.next();
      const replayed = await dead(['replay', id]);
      expect(replayed).toMatchObject({
        code: 0,
        text: expect.stringContaining('within 15 seconds'),
      });
      await answered;
      expect(channel.said).toEqual(['about one']);
      expect(await dead(['list'])).toEqual({ code: 0, text: 'There are no dead letters.\n' });

      for (const command of ['show', 'replay', 'discard']) {
        expect(await dead([command, id])).toEqual({
          code: 1,
          text: `error: there is no dead letter "${id}": see trunkline dead-letters list\n`,
        });
      }
    } finally {
      await line.close();
    }
  });

  it('shows one that could not be read, and says why it is not replayed', async () => {
    const cwd = await folderOf({});
    await mkdir(join(cwd, 'data'));
    const file = join(cwd, 'data/trunkline.db');
    const before = new SqliteStore({ file });
    const turn = { conversation: 'post::ada', id: 'post:1', message: '{"cut' };
    await before.turns.add(turn, { markTtlMs: 1_000, maxTurns: 1 });
    await before.close();
    const store = new SqliteStore({ file });
    const line = new Trunkline({ channels: [new PostInput()], store, assistant: () => {} });
    line.start();
    try {
      await expect.poll(() => line.deadLetters.list()).toHaveLength(1);
      const [{ id } = { id: '' }] = await line.deadLetters.list();
      const listed = await run(['dead-letters', 'list'], { cwd });
      expect(listed.text.split('\t').slice(2, 4)).toEqual(['post', 'post::ada']);
      const shown = await run(['dead-letters', 'show', id], { cwd });
      expect(JSON.parse(shown.text)).toMatchObject({
        id,
        unread: { conversation: 'post::ada', id: 'post:1', message: '{"cut' },
      });
      expect(await run(['dead-letters', 'replay', id], { cwd })).toEqual({
        code: 1,
        text: expect.stringMatching(/^error: this dead letter could not be read.*discard it\n$/),
      });
      // The story: whoever replayed all that were listed stopped at the first that could not be, the oldest.
      const [missing, other] = ['a'.repeat(27), 'b'.repeat(27)];
      const several = await run(['dead-letters', 'replay', missing, id, other], { cwd });
      expect(several.code).toBe(1);
      expect(several.text.trim().split('\n')).toEqual([
        expect.stringContaining(`error: there is no dead letter "${missing}"`),
        expect.stringContaining(`${id}: this dead letter could not be read`),
        expect.stringContaining(`there is no dead letter "${other}"`),
      ]);
      const discarded = await run(['dead-letters', 'discard', missing, id], { cwd });
      expect(discarded).toMatchObject({ code: 1, text: expect.stringContaining(missing) });
      expect(await line.deadLetters.list()).toEqual([]);
    } finally {
      await line.close();
    }
  });

  it('takes an id that begins with a hyphen', async () => {
    const cwd = await folderOf({});
    await mkdir(join(cwd, 'data'));
    const store = new SqliteStore({ file: join(cwd, 'data/trunkline.db') });
    // Also such as would be the options -s and -h, or a long one.
    const ids = [
      '-sqlite_aaaaaaaaaaaaaaaaaaa',
      '-haaaaaaaaaaaaaaaaaaaaaaaaa',
      '--aaaaaaaaaaaaaaaaaaaaaaaaa',
    ];
    try {
      for (const command of ['show', 'replay', 'discard']) {
        for (const id of ids) {
          expect(
            await run(['dead-letters', command, id, '-s', 'sqlite:data/trunkline.db'], { cwd }),
          ).toEqual({
            code: 1,
            text: `error: there is no dead letter "${id}": see trunkline dead-letters list\n`,
          });
        }
      }
    } finally {
      await store.close();
    }
  });

  it('makes no store where there is none', async () => {
    const cwd = await folderOf({});
    const { code, text } = await run(['dead-letters', 'list'], { cwd });
    expect(text).toContain('there is no file');
    expect(code).toBe(1);
  });
});
