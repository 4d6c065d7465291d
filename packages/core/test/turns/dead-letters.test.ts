import { deadLettersIn, type Reply, type UserMessage } from '@trunkline/core';
import { describe, expect, it, vi } from 'vitest';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { post } from '../support/engine.ts';
import { away, failing, refused, unanswered } from '../support/platform.ts';
import { Processes, type ProcessSetup } from '../support/processes.ts';

expectNoUnhandledRejections();

const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
const one = { messageId: '1' };

/** Fails until it is told not to. */
function setUp(setup: ProcessSetup = {}) {
  const all = new Processes();
  const handled: (string | null)[] = [];
  const failures = { left: Number.POSITIVE_INFINITY };
  const process = all.start(async (message: UserMessage, reply: Reply) => {
    handled.push(message.text);
    await reply.text(`about ${message.text}`);
    if (failures.left-- > 0) throw new Error('oops');
    await reply.text(`done ${message.text}`);
  }, setup);
  return { all, handled, failures, ...process };
}

describe('dead letters', () => {
  it('tell what happened and to whom, the oldest first', async () => {
    const { turns, engine, clock } = setUp();
    const acceptedAt = clock.now();
    for (const text of ['1', '2']) {
      await turns.accept(post(text, { messageId: text, metadata: { a: 1 } }));
      await clock.advance(1_000);
    }
    const letters = await engine.deadLetters.list();
    expect(letters).toMatchObject([
      {
        channel: 'test',
        acceptedAt,
        diedAt: acceptedAt,
        reason: 'oops',
        message: { text: '1', senderId: 'ada', address: { to: 'ada' }, metadata: { a: 1 } },
        progress: { runs: 1, answered: false, steps: [{ state: 'done' }] },
      },
      { message: { text: '2' } },
    ]);
    const [first] = letters;
    expect(await engine.deadLetters.get(first?.id ?? '')).toEqual(first);
    expect(await engine.deadLetters.get('nobody')).toBeNull();
  });

  it('do not hold the conversation back', async () => {
    const { turns, failures, handled, clock, all } = setUp();
    failures.left = 1;
    await turns.accept(post('1'));
    await turns.accept(post('2'));
    await clock.advance(0);
    expect(handled).toEqual(['1', '2']);
    expect(all.platform.texts).toEqual(['about 1', 'about 2', 'done 2']);
  });

  it('are kept for 90 days', async () => {
    const { turns, engine, clock } = setUp();
    await turns.accept(post('1'));
    await clock.advance(89 * DAY_MS);
    expect(await engine.deadLetters.list()).toHaveLength(1);
    await clock.advance(2 * DAY_MS);
    expect(await engine.deadLetters.list()).toEqual([]);
  });

  it('can be discarded', async () => {
    const { turns, engine, clock } = setUp();
    await turns.accept(post('1'));
    await clock.advance(0);
    const [letter] = await engine.deadLetters.list();
    expect(await engine.deadLetters.discard(letter?.id ?? '')).toBe(true);
    expect(await engine.deadLetters.discard(letter?.id ?? '')).toBe(false);
    expect(await engine.replay(letter?.id ?? '')).toBe(false);
    expect(await engine.deadLetters.list()).toEqual([]);
  });

  it('are replayed at the end of the conversation, and what was sent is not sent again', async () => {
    const { turns, engine, failures, handled, clock, all } = setUp();
    failures.left = 1;
    await turns.accept(post('1', one));
    await clock.advance(0);
    const [letter] = await engine.deadLetters.list();
    const other = turns.accept(post('2'));
    expect(await engine.replay(letter?.id ?? '')).toBe(true);
    await other;
    await clock.advance(0);
    expect(handled).toEqual(['1', '2', '1']);
    expect(all.platform.texts).toEqual(['about 1', 'about 2', 'done 2', 'done 1']);
    expect(await engine.deadLetters.list()).toEqual([]);
    expect(await turns.accept(post('1', one))).toBe('duplicate');
  });

  it('are replayed without the assistant, where it has answered', async () => {
    const { turns, engine, failures, handled, clock, all } = setUp();
    failures.left = 0;
    all.platform.onRequest = failing(away);
    await turns.accept(post('1', one));
    await clock.advance(4 * HOUR_MS);
    const [letter] = await engine.deadLetters.list();
    all.platform.onRequest = () => {};
    expect(await engine.replay(letter?.id ?? '')).toBe(true);
    await clock.advance(0);
    expect(handled).toEqual(['1']);
    expect(all.platform.texts).toEqual(['about 1', 'done 1']);
  });

  it('have all their tries again when they are replayed', async () => {
    const { turns, engine, failures, clock, all } = setUp();
    failures.left = 0;
    all.platform.onRequest = failing(away);
    await turns.accept(post('1', one));
    await clock.advance(4 * HOUR_MS);
    const [letter] = await engine.deadLetters.list();
    await engine.replay(letter?.id ?? '');
    await clock.advance(HOUR_MS / 2);
    expect(await engine.deadLetters.list()).toEqual([]);
    all.platform.onRequest = () => {};
    await clock.advance(HOUR_MS);
    expect(all.platform.texts).toEqual(['about 1', 'done 1']);
  });

  it('are replayed also where as many messages wait as may', async () => {
    const all = new Processes();
    let fails = true;
    const assistant = async (): Promise<void> => {
      if (fails) throw new Error('oops');
      await all.clock.sleep(100);
    };
    const { turns, engine, turnReports } = all.start(assistant, { limits: { maxQueued: 1 } });
    await turns.accept(post('1', one));
    await all.clock.advance(0);
    fails = false;
    const taken = ['2', '3', '4'].map((id) => turns.accept(post(id, { messageId: id })));
    expect(await Promise.all(taken)).toEqual(['accepted', 'accepted', 'refused']);
    const [letter] = await engine.deadLetters.list();
    expect(await engine.replay(letter?.id ?? '')).toBe(true);
    await all.clock.advance(1_000);
    const handled = turnReports.map(({ messageId, outcome }) => `${messageId} ${outcome}`);
    expect(handled).toEqual(['1 dead', '2 answered', '3 answered', '1 answered']);
  });

  it('are tried again where they were refused for good', async () => {
    const { turns, engine, failures, clock, all } = setUp();
    failures.left = 0;
    all.platform.onRequest = failing(refused, 1);
    await turns.accept(post('1', one));
    await clock.advance(0);
    const [letter] = await engine.deadLetters.list();
    await engine.replay(letter?.id ?? '');
    await clock.advance(0);
    expect(all.platform.texts).toEqual(['about 1', 'done 1']);
  });

  it('ask for what was under way by the same key, and try it with the same key', async () => {
    // A replayed turn had another name, and its steps other keys: the platform knew none of them.
    const { turns, engine, failures, clock, all } = setUp({ canBeAsked: true });
    failures.left = 0;
    all.platform.onArrived = failing(unanswered);
    all.platform.onAsked = failing(away);
    const acceptedAt = clock.now();
    await turns.accept(post('1', one));
    await clock.advance(4 * HOUR_MS);
    const [letter] = await engine.deadLetters.list();
    all.platform.onArrived = () => {};
    all.platform.onAsked = () => {};
    await engine.replay(letter?.id ?? '');
    await clock.advance(HOUR_MS);
    expect(all.platform.texts).toEqual(['about 1', 'done 1']);
    expect(new Set(all.platform.asked)).toEqual(new Set([all.platform.arrived[0]?.key]));
    expect(new Set(all.platform.askedSince)).toEqual(new Set([acceptedAt]));
  });

  it('can be replayed again and again', async () => {
    const { turns, engine, failures, clock, all, handled } = setUp();
    failures.left = 3;
    await turns.accept(post('1', one));
    for (let i = 0; i < 3; i++) {
      await clock.advance(0);
      const letters = await engine.deadLetters.list();
      expect(letters).toHaveLength(1);
      expect(await engine.replay(letters[0]?.id ?? '')).toBe(true);
    }
    await clock.advance(0);
    expect(handled).toEqual(['1', '1', '1', '1']);
    expect(all.platform.texts).toEqual(['about 1', 'done 1']);
    expect(await engine.deadLetters.list()).toEqual([]);
  });

  it('are replayed once, however often that is asked for', async () => {
    const { turns, engine, failures, clock, all } = setUp();
    failures.left = 1;
    await turns.accept(post('1', one));
    await clock.advance(0);
    const [letter] = await engine.deadLetters.list();
    await Promise.all([engine.replay(letter?.id ?? ''), engine.replay(letter?.id ?? '')]);
    await clock.advance(0);
    expect(all.platform.texts).toEqual(['about 1', 'done 1']);
  });

  it('are replayed also where the message has come again, and died again', async () => {
    // The second replay counted as a duplicate of the first, and its letter was thrown away.
    const { turns, engine, failures, clock, handled } = setUp({ delivery: { markTtlMs: 60_000 } });
    for (let i = 0; i < 2; i++) {
      failures.left = 1;
      expect(await turns.accept(post('1', one))).toBe('accepted');
      await clock.advance(i === 0 ? 40_000 : 0);
      const [letter] = await engine.deadLetters.list();
      expect(await engine.replay(letter?.id ?? '')).toBe(true);
      // The mark of the message is over then, that of its replay is not.
      await clock.advance(21_000);
    }
    expect(handled).toEqual(['1', '1', '1', '1']);
  });

  it('take nothing from a message whose id looks like a replay', async () => {
    const { turns, engine, failures, clock, handled } = setUp();
    failures.left = 1;
    await turns.accept(post('1', { messageId: 'm~1' }));
    await turns.accept(post('2', { messageId: 'm~2' }));
    await clock.advance(0);
    const [letter] = await engine.deadLetters.list();
    await engine.replay(letter?.id ?? '');
    await clock.advance(0);
    expect(handled).toEqual(['1', '2', '1']);
  });

  it('keep all the messages that were joined', async () => {
    const { turns, engine, failures, clock, handled, turnReports } = setUp({ overlap: 'debounce' });
    failures.left = 1;
    await turns.accept(post('a', { messageId: 'a' }));
    await turns.accept(post('b', { messageId: 'b' }));
    await clock.advance(2_000);
    const [letter] = await engine.deadLetters.list();
    expect(letter?.message.text).toBe('a\nb');
    await engine.replay(letter?.id ?? '');
    await clock.advance(2_000);
    expect(handled).toEqual(['a\nb', 'a\nb']);
    // The letter and the assistant name the last one, and the reports named the first; after the replay
    // there was a report of the last one, and none of the other.
    expect(turnReports.map(({ messageId, outcome }) => [messageId, outcome])).toEqual([
      ['a', 'joined'],
      ['b', 'dead'],
      ['a', 'joined'],
      ['b', 'answered'],
    ]);
  });

  // A replay had the first one's metadata and no originals, where the first run had the last one's and all.
  it('are replayed as what was joined, however often', async () => {
    const all = new Processes();
    const heard: object[] = [];
    const { turns, engine } = all.start(
      ({ messageId, metadata, text, originals }) => {
        const parts = originals.map((part) => [part.messageId, part.metadata, part.text]);
        heard.push({ messageId, metadata, text, parts });
        throw new Error('oops');
      },
      { overlap: 'debounce' },
    );
    for (const text of ['a', 'b'])
      await turns.accept(post(text, { messageId: text, metadata: { text } }));
    await all.clock.advance(2_000);
    for (let i = 0; i < 2; i++) {
      const letter = (await engine.deadLetters.list()).at(-1);
      expect(letter?.message).toMatchObject({ text: 'a\nb', metadata: { text: 'b' } });
      await engine.replay(letter?.id ?? '');
      await all.clock.advance(2_000);
    }
    const parts = ['a', 'b'].map((text) => [text, { text }, text]);
    const first = { messageId: 'b', metadata: { text: 'b' }, text: 'a\nb', parts };
    expect(heard).toEqual([first, first, first]);
  });

  it('are joined with nothing when they are replayed', async () => {
    // A replayed turn is older than the message before it: it became part of that one's turn, and
    // what it had sent was forgotten.
    const { turns, engine, failures, clock, handled, all } = setUp({ overlap: 'debounce' });
    failures.left = 1;
    await turns.accept(post('1', one));
    await clock.advance(5_000);
    const [letter] = await engine.deadLetters.list();
    await turns.accept(post('2'));
    await engine.replay(letter?.id ?? '');
    await clock.advance(5_000);
    expect(handled).toEqual(['1', '2', '1']);
    expect(all.platform.texts).toEqual(['about 1', 'about 2', 'done 2', 'done 1']);
  });

  // The mark of a replay went after two days, where the letter that was left may be there for 90.
  it('are replayed once, where the letter could not be taken away at once', async () => {
    const { turns, engine, failures, clock, all, store } = setUp();
    failures.left = 1;
    await turns.accept(post('1', one));
    await clock.advance(0);
    const [letter] = await engine.deadLetters.list();
    const gone = new Error('gone');
    vi.spyOn(store.values, 'delete').mockRejectedValueOnce(gone);
    await expect(engine.replay(letter?.id ?? '')).rejects.toBe(gone);
    await clock.advance(3 * DAY_MS);
    expect(all.platform.texts).toEqual(['about 1', 'done 1']);
    expect(await engine.replay(letter?.id ?? '')).toBe(true);
    await clock.advance(0);
    expect(all.platform.texts).toEqual(['about 1', 'done 1']);
    expect(await engine.deadLetters.list()).toEqual([]);
  });

  it('survive a crash between the letter and the end of the turn', async () => {
    const all = new Processes();
    const dying = all.start(() => {
      throw new Error('oops');
    });
    const { set } = dying.store.values;
    dying.store.values.set = async (...args) => {
      const version = await set(...args);
      if (args[0] === 'dead-letters') dying.kill();
      return version;
    };
    await dying.turns.accept(post('1', one));
    await all.clock.advance(0);
    const next = all.start(() => {
      throw new Error('oops');
    });
    await all.clock.advance(20);
    expect(await next.engine.deadLetters.list()).toHaveLength(1);
    expect(await all.shared.memory.turns.waiting('test::ada', 9)).toEqual([]);
  });
});

describe('dead letters of a store', () => {
  // The command that lists them failed at one that was damaged in the store, and a replay with a TypeError.
  it.each([5, {}, { channel: 'test', progress: { steps: 5 } }])(
    'that are none any more hide no other, and can be discarded: %j',
    async (value) => {
      const { turns, engine, clock, store } = setUp();
      await turns.accept(post('1', one));
      await clock.advance(0);
      await store.values.set('dead-letters', 'damaged', value);
      const letters = await engine.deadLetters.list();
      const damaged = {
        id: 'damaged',
        reason: 'what the store has of this dead letter cannot be read',
        unread: { message: JSON.stringify(value) },
      };
      expect(letters).toMatchObject([damaged, { message: { text: '1' } }]);
      expect(await engine.deadLetters.get('damaged')).toEqual(letters[0]);
      await expect(engine.replay('damaged')).rejects.toMatchObject({ code: 'unreadable' });
      expect(await engine.deadLetters.discard('damaged')).toBe(true);
      expect(await engine.deadLetters.list()).toHaveLength(1);
    },
  );

  it('are seen and decided without a line; what is replayed is its servers’ to handle', async () => {
    const { turns, engine, failures, handled, clock, all, store } = setUp();
    failures.left = 2;
    for (const text of ['1', '2']) await turns.accept(post(text, { messageId: text }));
    await clock.advance(0);
    const letters = deadLettersIn(store);
    const [first, second] = await letters.list();
    expect([first, second]).toEqual(await engine.deadLetters.list());
    expect(await letters.get(first?.id ?? '')).toEqual(first);
    expect(await letters.discard(second?.id ?? '')).toBe(true);
    expect(await letters.replay(second?.id ?? '')).toBe(false);

    expect(await letters.replay(first?.id ?? '')).toBe(true);
    expect(await letters.replay(first?.id ?? '')).toBe(false);
    expect(await engine.deadLetters.list()).toEqual([]);
    await clock.advance(1_000);
    expect(handled).toEqual(['1', '2']);
    // A server comes, or its store tells it.
    await turns.accept(post('3'));
    await clock.advance(0);
    expect(handled).toEqual(['1', '2', '1', '3']);
    expect(all.platform.texts).toEqual(['about 1', 'about 2', 'done 1', 'about 3', 'done 3']);
  });
});
