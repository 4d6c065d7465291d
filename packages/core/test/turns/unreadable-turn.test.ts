import {
  deadLettersIn,
  StoreError,
  type Logger,
  type Reply,
  type UserMessage,
} from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { post } from '../support/engine.ts';
import { Processes, type EngineProcess, type ProcessSetup } from '../support/processes.ts';

expectNoUnhandledRejections();

const MESSAGE =
  '{"message":{"text":"Hi","senderId":"ada","messageId":"0","address":{"to":"ada"}},"channel":"test","key":"test::ada","at":1700000000000}';
const PROGRESS =
  '{"runs":1,"deaths":0,"waits":0,"steps":[],"answered":false,"pending":[],"pendingFrom":0}';
const NO_MESSAGE = 'what the store has of its message cannot be read';
const NO_PROGRESS = 'what the store has of how far it had come cannot be read';

const progressWith = (right: string, wrong: string): string => PROGRESS.replace(right, wrong);

/** Leaves something in the store, as a fault may. */
async function leave(
  { shared, clock }: Processes,
  message: string,
  { id = 'test:0', progress }: { id?: string; progress?: string | null } = {},
): Promise<void> {
  const old = shared.open();
  const conversation = 'test::ada';
  await old.turns.add({ conversation, id, message }, { markTtlMs: 1_000, maxTurns: 9 });
  if (typeof progress === 'string') {
    await old.turns.commit(await old.lock(conversation), { save: { id, progress } });
  }
  old.kill();
  await clock.advance(10);
}

function start(all: Processes, setup: ProcessSetup = {}): EngineProcess {
  return all.start(
    (message: UserMessage, reply: Reply) => reply.text(`about ${message.text}`),
    setup,
  );
}

describe('a stored turn that cannot be read', () => {
  it.each([
    ['a message that is no JSON', '{"secret', null, NO_MESSAGE],
    ['a message that is no object', '"secret"', null, NO_MESSAGE],
    ['a message without a key', MESSAGE.replace('"key"', '"kee"'), null, NO_MESSAGE],
    ['a message without a message', MESSAGE.replace('"message"', '"massage"'), null, NO_MESSAGE],
    ['a message whose text is none', MESSAGE.replace('"Hi"', '["Hi"]'), null, NO_MESSAGE],
    ['a time that is none', MESSAGE.replace('1700000000000', '1e999'), null, NO_MESSAGE],
    ['a sender that is none', MESSAGE.replace('"ada"', '{"toString":1}'), null, NO_MESSAGE],
    [
      'attachments that are no list',
      MESSAGE.replace('"address"', '"attachments":5,"address"'),
      null,
      NO_MESSAGE,
    ],
    [
      'a replayed message whose originals are no list',
      MESSAGE.replace('"at"', '"originals":{},"at"'),
      null,
      NO_MESSAGE,
    ],
    [
      'a replayed message that was joined from none',
      MESSAGE.replace('"at"', '"originals":[],"at"'),
      null,
      NO_MESSAGE,
    ],
    [
      'a replayed message one of whose originals has no text',
      MESSAGE.replace('"at"', '"originals":[{"messageId":"0","text":5}],"at"'),
      null,
      NO_MESSAGE,
    ],
    ['progress that is no JSON', MESSAGE, '{"secret', NO_PROGRESS],
    ['progress without steps', MESSAGE, progressWith('"steps":[]', '"stairs":[]'), NO_PROGRESS],
    ['a step that is a number', MESSAGE, progressWith('"steps":[]', '"steps":[5]'), NO_PROGRESS],
    [
      'a step without its state',
      MESSAGE,
      progressWith('"steps":[]', '"steps":[{"kind":"request"}]'),
      NO_PROGRESS,
    ],
    [
      'a step whose receipts are no list',
      MESSAGE,
      progressWith('"steps":[]', '"steps":[{"state":"done","kind":"request","receipts":5}]'),
      NO_PROGRESS,
    ],
    [
      'progress that waits with nothing',
      MESSAGE,
      progressWith('"pending":[]', '"pending":[null]'),
      NO_PROGRESS,
    ],
    [
      'a response that is none',
      MESSAGE,
      progressWith('"pending":[]', '"pending":[{"response":"Hi"}]'),
      NO_PROGRESS,
    ],
    [
      'a response of which nobody knows where it belongs',
      MESSAGE,
      progressWith('"pendingFrom":0', '"pendingFrom":4000000000'),
      NO_PROGRESS,
    ],
    [
      'messages that were joined, and are no list',
      MESSAGE,
      progressWith('"runs":1', '"runs":1,"joined":5'),
      NO_PROGRESS,
    ],
    ['an answer that is none', MESSAGE, progressWith('false', '"no"'), NO_PROGRESS],
    ['a number of runs that is none', MESSAGE, progressWith('"runs":1', '"runs":-1'), NO_PROGRESS],
    [
      'a replayed message whose steps are none, of which more was stored since',
      MESSAGE.replace('"at"', '"progress":{"runs":1,"steps":5,"pending":[]},"at"'),
      PROGRESS,
      NO_PROGRESS,
    ],
    [
      'a replayed message whose steps are none',
      MESSAGE.replace('"at"', '"progress":{"runs":1,"steps":5,"pending":[]},"at"'),
      null,
      NO_PROGRESS,
    ],
  ])('becomes a dead letter with what is there: %s', async (_, message, progress, reason) => {
    const all = new Processes();
    await leave(all, message, { progress });
    await leave(all, MESSAGE, { id: 'test:1' });
    const logged: unknown[] = [];
    const note = (...line: unknown[]): void => void logged.push(line);
    const logger: Logger = { debug: note, info: note, warn: note, error: note };
    const { engine, clock, turnReports, errors } = start(all, { logger });
    await clock.advance(10);
    expect(all.platform.texts).toEqual(['about Hi']);
    expect(turnReports.map(({ outcome }) => outcome)).toEqual(['dead', 'answered']);
    expect(errors).toEqual([]);
    const letters = await engine.deadLetters.list();
    expect(letters).toMatchObject([
      {
        channel: 'test',
        reason,
        message: { messageId: '0' },
        unread: { conversation: 'test::ada', id: 'test:0', message, progress },
      },
    ]);
    expect(await engine.deadLetters.get(letters[0]?.id ?? '')).toEqual(letters[0]);
    // A user's text stands in none of them.
    expect(logged).toContainEqual([
      { channel: 'test', messageId: '0' },
      `a turn became a dead letter: ${reason}`,
    ]);
    expect(JSON.stringify(logged)).not.toContain('secret');
  });

  it.each(['queue', 'latest', 'debounce'] as const)(
    'takes no other one along: overlap %s',
    async (overlap) => {
      const all = new Processes();
      await leave(all, '{"cut', { id: 'test:1' });
      const { engine, turns, clock, turnReports } = start(all, { overlap });
      // One that is newer than what is being handled, too.
      await turns.accept(post('a', { messageId: 'a' }));
      await leave(all, '{"cut', { id: 'test:2' });
      await clock.advance(5_000);
      await turns.accept(post('b', { messageId: 'b' }));
      await clock.advance(5_000);
      expect(all.platform.texts).toEqual(['about a', 'about b']);
      expect(turnReports.map(({ messageId, outcome }) => [messageId, outcome])).toEqual([
        ['1', 'dead'],
        ['a', 'answered'],
        ['2', 'dead'],
        ['b', 'answered'],
      ]);
      expect(await engine.deadLetters.list()).toHaveLength(2);
    },
  );

  it('ends no turn that runs, with the overlap latest', async () => {
    const all = new Processes();
    let goOn = (): void => {};
    const going = new Promise<void>((resolve) => (goOn = resolve));
    const { store, turns, clock, turnReports } = all.start(() => going, { overlap: 'latest' });
    await turns.accept(post('a', { messageId: 'a' }));
    await clock.advance(0);
    await leave(all, '{"cut');
    store.signals.send('trunkline:supersede', { key: 'test::ada', live: null });
    await clock.advance(10);
    goOn();
    await clock.advance(10);
    expect(turnReports.map(({ outcome }) => outcome)).toEqual(['answered', 'dead']);
  });

  it('is not replayed, since nobody knows what was sent, and can be discarded', async () => {
    const all = new Processes();
    await leave(all, MESSAGE, { progress: '{"cut' });
    const { engine, clock, store } = start(all);
    await clock.advance(10);
    const [{ id } = { id: '' }] = await engine.deadLetters.list();
    for (const letters of [deadLettersIn(store), engine.deadLetters]) {
      const replaying = 'replay' in letters ? letters.replay(id) : engine.replay(id);
      await expect(replaying).rejects.toMatchObject({ name: 'StoreError', code: 'unreadable' });
    }
    await clock.advance(10);
    expect(all.platform.texts).toEqual([]);
    expect(await engine.deadLetters.list()).toHaveLength(1);
    expect(await engine.deadLetters.discard(id)).toBe(true);
    expect(await engine.deadLetters.list()).toEqual([]);
  });

  // The shutdown stored that it had not begun, in the place of what could not be read.
  it('keeps what is there, where the process shuts down before the letter is written', async () => {
    const all = new Processes();
    const message = MESSAGE.replace('"at"', '"startsAtOnce":true,"at"');
    await leave(all, message, { progress: '{"cut' });
    const ending = start(all);
    ending.store.values.set = () => Promise.reject(new StoreError('the store is away'));
    await all.clock.advance(20);
    const closing = ending.engine.close(0);
    await all.clock.advance(2_000);
    await closing;
    ending.kill();
    const next = start(all);
    await all.clock.advance(20);
    const unread = { message, progress: '{"cut' };
    expect(await next.engine.deadLetters.list()).toMatchObject([{ unread }]);
  });

  it('is given up once, where the process dies before it is gone', async () => {
    const all = new Processes();
    await leave(all, '{"cut');
    const dying = start(all);
    const { set } = dying.store.values;
    dying.store.values.set = async (...args) => {
      const version = await set(...args);
      if (args[0] === 'dead-letters') dying.kill();
      return version;
    };
    await all.clock.advance(20);
    const next = start(all);
    await all.clock.advance(20);
    expect(await next.engine.deadLetters.list()).toHaveLength(1);
    expect(await all.shared.memory.turns.waiting('test::ada', 9)).toEqual([]);
  });
});
