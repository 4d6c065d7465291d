import { MemoryStore, type JsonObject, type Store } from '@trunkline/core';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { deferred, outcomeOf } from '../../../scripts/test-support/deferred.ts';
import { Arrivals } from '../src/arrivals.ts';
import type { SlackOptions } from '../src/index.ts';
import { direct, fixture, interaction, json, newTs, said } from './support/requests.ts';
import { Scene } from './support/scene.ts';
import { BOT, CHANNEL, TEAM } from './support/slack.ts';

/** A store that answers no `get` of a namespace before it is let go, and says what is asked of it. */
function heldStore(namespace: string): { store: Store; asked: Promise<void>; letGo: () => void } {
  const store: Store = new MemoryStore();
  const get = store.values.get.bind(store.values);
  const [asked, held] = [deferred(), deferred()];
  store.values.get = async (where, key) => {
    if (where.includes(namespace)) {
      asked.resolve();
      await held.promise;
    }
    return await get(where, key);
  };
  return { store, asked: asked.promise, letGo: held.resolve };
}

/** Resolves when a value of a namespace is written. */
function written(store: Store, namespace: string): Promise<void> {
  const done = deferred();
  const set = store.values.set.bind(store.values);
  store.values.set = (where, ...rest) => {
    if (where.includes(namespace)) done.resolve();
    return set(where, ...rest);
  };
  return done.promise;
}

/** A press of a button with the title `A…`, in the channel in which {@link said} is said. */
function pressed(value: string): JsonObject {
  const text = { type: 'plain_text', text: 'A…' };
  const actions = [{ type: 'button', action_id: 'a', block_id: 'b', value, text }];
  const user = { id: 'U1', team_id: TEAM };
  const about = { team: { id: TEAM }, user, channel: { id: CHANNEL }, trigger_id: newTs() };
  const payload = fixture('block-actions-button');
  const message = { ...(payload['message'] as object), team: TEAM };
  return { ...payload, ...about, message, actions };
}

async function open(store: Store, options: Partial<SlackOptions> = {}): Promise<Scene> {
  const scene = await Scene.open(options, { store });
  onTestFinished(() => scene.close());
  return scene;
}

describe('messages behind one that is looked up', () => {
  // A reply in a thread took its ticket only when the store had said that the bot takes part there. A
  // mention right after it needs no look-up, and was handled first where the store was slow.
  it('do not overtake a reply in a thread', async () => {
    const { store, asked, letGo } = heldStore('threads');
    const scene = await open(store);
    const root = newTs();
    await scene.request(json(said({ text: `<@${BOT}> hello`, ts: root })));
    const inThread = { thread_ts: root, parent_user_id: 'U2' };
    const first = scene.request(json(said({ text: 'first', ...inThread })));
    await asked;
    // It is noted as a mention in this thread in the same breath as it is taken over.
    const hasCome = written(store, 'threads');
    const second = scene.request(json(said({ text: `<@${BOT}> second`, ...inThread })));
    await hasCome;
    expect(await outcomeOf(first)).toBe('open');
    // Other conversations do not wait.
    expect((await scene.request(json(direct('other', 'U2')))).status).toBe(200);
    letGo();
    expect((await first).status).toBe(200);
    expect((await second).status).toBe(200);
    await scene.over(4);
    expect(scene.said.filter((text) => text !== 'other')).toEqual(['hello', 'first', 'second']);
  });

  it('do not overtake a press of a button with a long payload', async () => {
    const { store, asked, letGo } = heldStore('payloads');
    const scene = await open(store);
    const first = scene.request(interaction(pressed('trunkline:forgotten')));
    await asked;
    const hasCome = written(store, 'threads');
    const second = scene.request(json(said({ text: `<@${BOT}> second` })));
    await hasCome;
    letGo();
    await Promise.all([first, second]);
    await scene.over(2);
    expect(scene.said).toEqual(['A…', 'second']);
  });

  it.each([
    ['is a message', null, ['clicked', 'second']],
    ['is answered', { ok: true }, ['second']],
  ])('do not overtake a press while onInteraction runs, which %s', async (_, answer, expected) => {
    const [asked, held] = [deferred(), deferred()];
    const store = new MemoryStore();
    const scene = await open(store, {
      onInteraction: async () => {
        asked.resolve();
        await held.promise;
        return answer;
      },
    });
    const first = scene.request(interaction(pressed('clicked')));
    await asked.promise;
    const hasCome = written(store, 'threads');
    const second = scene.request(json(said({ text: `<@${BOT}> second` })));
    await hasCome;
    expect(await outcomeOf(second)).toBe('open');
    held.resolve();
    expect(JSON.parse((await first).body || 'null')).toEqual(answer);
    expect((await second).status).toBe(200);
    await scene.over(expected.length);
    expect(scene.said).toEqual(expected);
  });

  it('are acknowledged not before they are stored', async () => {
    const { store, asked, letGo } = heldStore('threads');
    const scene = await open(store);
    const add = store.turns.add.bind(store.turns);
    let isAway = false;
    store.turns.add = async (...args) => {
      if (isAway) throw new Error('disk full');
      return await add(...args);
    };
    const root = newTs();
    await scene.request(json(said({ text: `<@${BOT}> hello`, ts: root })));
    const inThread = { thread_ts: root, parent_user_id: 'U2' };
    const first = scene.request(json(said({ text: 'first', ...inThread })));
    await asked;
    const hasCome = written(store, 'threads');
    const second = scene.request(json(said({ text: `<@${BOT}> second`, ...inThread })));
    await hasCome;
    isAway = true;
    letGo();
    expect((await first).status).toBe(500);
    expect((await second).status).toBe(500);
  });
});

describe('arrivals', () => {
  it('are taken at once where nobody is looked up', () => {
    const arrivals = new Arrivals();
    const taken: string[] = [];
    void arrivals.enter('c1', 'one', async (message) => taken.push(message));
    expect(taken).toEqual(['one']);
    expect(arrivals.size).toBe(0);
  });

  it('wait for nothing that fails, and for none that is nothing to us', async () => {
    const arrivals = new Arrivals();
    const taken: string[] = [];
    const take = async (message: string): Promise<number> => taken.push(message);
    const [lost, ignored] = [deferred<string | null>(), deferred<string | null>()];
    const first = arrivals.enter('c1', lost.promise, take);
    const second = arrivals.enter('c1', ignored.promise, take);
    const third = arrivals.enter('c1', 'third', take);
    lost.reject(new Error('the store is away'));
    await expect(first).rejects.toThrow('the store is away');
    expect(taken).toEqual([]);
    ignored.resolve(null);
    expect(await second).toBeNull();
    expect(await third).toBe(1);
    expect(arrivals.size).toBe(0);
  });

  it('keep the order of each conversation for any timing, and are forgotten', async () => {
    const message = fc.record({
      conversation: fc.constantFrom('c1', 'c2'),
      found: fc.constantFrom('at once', 'later', 'not', 'failed'),
    });
    const plan = fc.array(message, { maxLength: 12 }).chain((messages) =>
      fc.record({
        messages: fc.constant(messages),
        // In which order the look-ups end.
        order: fc.shuffledSubarray(
          messages.map((_, index) => index),
          { minLength: messages.length },
        ),
      }),
    );
    await fc.assert(
      fc.asyncProperty(plan, async ({ messages, order }) => {
        const arrivals = new Arrivals();
        const taken: number[] = [];
        const lookUps = messages.map(() => deferred<number | null>());
        const entered = messages.map(({ conversation, found }, index) => {
          const lookUp = lookUps[index]?.promise ?? index;
          const take = async (n: number): Promise<number> => taken.push(n);
          return arrivals.enter(conversation, found === 'at once' ? index : lookUp, take);
        });
        for (const index of order) {
          const found = messages[index]?.found;
          if (found === 'failed') lookUps[index]?.reject(new Error('failed'));
          else lookUps[index]?.resolve(found === 'later' ? index : null);
          await Promise.resolve();
        }
        await Promise.allSettled([...entered, ...lookUps.map(({ promise }) => promise)]);
        for (const one of ['c1', 'c2']) {
          const isOfIt = (index: number): boolean => messages[index]?.conversation === one;
          const due = messages
            .map((_, index) => index)
            .filter((index) => ['at once', 'later'].includes(messages[index]?.found ?? ''));
          expect(taken.filter(isOfIt)).toEqual(due.filter(isOfIt));
        }
        expect(arrivals.size).toBe(0);
      }),
    );
  });
});
