import { MemoryStore, StoreError, type Clock, type JsonValue, type Store } from '@trunkline/core';
import fc from 'fast-check';
import { expect } from 'vitest';

/** What is asked of a store, of one conversation, or of the key of the same name. */
type Ask =
  | { kind: 'add'; ids: number[]; maxTurns: number; markTtlMs: number; isStamped: boolean }
  | { kind: 'waiting' | 'last'; limit: number }
  | { kind: 'after'; number: number; limit: number }
  | {
      kind: 'commit';
      isLost: boolean;
      save: number | null;
      remove: number[];
      write: Write | null;
      append: Append | null;
    }
  | { kind: 'append'; append: Append }
  | { kind: 'set'; value: JsonValue; ttlMs: number | null }
  | { kind: 'compareAndSet'; write: Write }
  | { kind: 'get' | 'delete' };

interface Write {
  value: JsonValue;
  /** What the writer takes the version for: the one that is there, none, or one that never was. */
  expected: 'current' | 'none' | 'wrong';
  ttlMs: number | null;
}

interface Append {
  items: JsonValue[];
  maxItems: number;
  ttlMs: number;
}

/** What happens at the same time, each to another conversation; or something that concerns all of them. */
type Round =
  | { kind: 'asks'; asks: (readonly [conversation: number, Ask])[] }
  | { kind: 'entries' }
  | { kind: 'reopen' }
  | { kind: 'advance'; ms: number };

/** A story of a store. */
export type StorePlan = readonly Round[];

/** The store that is compared. */
export interface ComparedStore {
  /** The one clock of both; what is kept for a while is over when it says so. */
  clock: Clock;
  store(): Store;
  /** Lets time pass; absent where it cannot be steered, and then nothing expires. */
  advance?(ms: number): Promise<void>;
  /** Begins again with what was kept; absent where nothing can be told by that. */
  reopen?(): Promise<void>;
}

const NAMESPACE = 'model';
const OTHER_NAMESPACE = 'model:';

/** Conversations whose names look alike, or are hard to write down. */
const NAMES = [
  'a',
  'A',
  'ä',
  '👋🏽',
  'a\u0000',
  '\uD800',
  '\uFFFD',
  '',
  "'",
  '{a}',
  'a%',
  'long'.repeat(90),
];

const values: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.constantFrom<JsonValue>(null, 0, false, '', [], {}, '\uD800', 'a\u0000b'),
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.dictionary(fc.string({ maxLength: 4 }), fc.integer(), { maxKeys: 3 }),
);
const ids = fc.nat({ max: 2 });
const limits = fc.constantFrom(0, 1, 2, 3, Number.POSITIVE_INFINITY);
const maybe = <T>(some: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(some, { nil: null });
const DAY_MS = 24 * 60 * 60 * 1000;

/** Stories. Without `expires` all that is kept outlasts the story, by any clock. */
export function storePlans({ expires }: { expires: boolean }): fc.Arbitrary<StorePlan> {
  const asks = asksWith(
    fc.constantFrom(...(expires ? [50, 1_000, 20_000] : []), DAY_MS, 30 * DAY_MS),
  );
  // Few conversations again and again, or many at the same time.
  return fc.oneof(
    { weight: 4, arbitrary: fc.array(rounds(asks, 3), { maxLength: 40, size: 'max' }) },
    { weight: 2, arbitrary: fc.array(rounds(asks, NAMES.length), { maxLength: 20, size: 'max' }) },
    { weight: 1, arbitrary: fc.array(rounds(asks, 140), { maxLength: 6, size: 'max' }) },
  );
}

function rounds(ask: fc.Arbitrary<Ask>, conversations: number): fc.Arbitrary<Round> {
  const together = fc.record({
    kind: fc.constant('asks' as const),
    asks: fc.uniqueArray(fc.tuple(fc.nat({ max: conversations - 1 }), ask), {
      selector: ([conversation]) => conversation,
      minLength: 1,
      maxLength: conversations,
      size: 'max',
    }),
  });
  const advance = fc.record({
    kind: fc.constant('advance' as const),
    ms: fc.constantFrom(1, 49, 50, 1_000, 20_000, 4_000_000),
  });
  const other = fc.constantFrom<Round>({ kind: 'entries' }, { kind: 'reopen' });
  return fc.oneof({ weight: 12, arbitrary: together }, { weight: 3, arbitrary: advance }, other);
}

function asksWith(ttlMs: fc.Arbitrary<number>): fc.Arbitrary<Ask> {
  const write = fc.record({
    value: values,
    expected: fc.constantFrom('current' as const, 'none' as const, 'wrong' as const),
    ttlMs: maybe(ttlMs),
  });
  const append = fc.record({
    items: fc.array(values, { maxLength: 4 }),
    maxItems: fc.integer({ min: 1, max: 5 }),
    ttlMs,
  });
  const add = fc.record({
    kind: fc.constant('add' as const),
    ids: fc.array(ids, { minLength: 1, maxLength: 4 }),
    maxTurns: fc.constantFrom(1, 2, 3, 100),
    markTtlMs: ttlMs,
    isStamped: fc.boolean(),
  });
  const commits = fc.record({
    kind: fc.constant('commit' as const),
    isLost: fc.constantFrom(false, false, false, true),
    save: maybe(ids),
    remove: fc.array(ids, { maxLength: 3 }),
    write: maybe(write),
    append: maybe(append),
  });
  const read = fc.record({
    kind: fc.constantFrom('waiting' as const, 'last' as const),
    limit: limits,
  });
  return fc.oneof(
    { weight: 4, arbitrary: add },
    { weight: 4, arbitrary: commits },
    { weight: 3, arbitrary: read },
    fc.record({ kind: fc.constant('after' as const), number: fc.nat({ max: 8 }), limit: limits }),
    fc.record({ kind: fc.constant('append' as const), append }),
    fc.record({ kind: fc.constant('set' as const), value: values, ttlMs: maybe(ttlMs) }),
    fc.record({ kind: fc.constant('compareAndSet' as const), write }),
    fc.record({ kind: fc.constantFrom('get' as const, 'delete' as const) }),
  );
}

/** Tells a store and the one in memory the same story: they say the same of it. */
export async function compareStores(plan: StorePlan, compared: ComparedStore): Promise<void> {
  const memory = new MemoryStore({ clock: compared.clock });
  for (const round of plan) {
    if (round.kind === 'advance') await compared.advance?.(round.ms);
    else if (round.kind === 'reopen') await compared.reopen?.();
    else if (round.kind === 'entries') {
      expect(await entriesOf(compared.store())).toEqual(await entriesOf(memory));
    } else {
      const store = compared.store();
      const answers = await Promise.all(
        round.asks.map(([at, ask]) => answerTo(store, nameOf(at), ask)),
      );
      for (const [i, [at, ask]] of round.asks.entries()) {
        expect(answers[i], JSON.stringify([at, ask])).toEqual(
          await answerTo(memory, nameOf(at), ask),
        );
      }
    }
  }
  await memory.close();
}

function nameOf(conversation: number): string {
  const name = NAMES[conversation % NAMES.length] ?? '';
  return conversation < NAMES.length ? name : `${name}${conversation}`;
}

/** What a store says, without its versions: each store has its own. */
async function answerTo(store: Store, name: string, ask: Ask): Promise<unknown> {
  const { values: kept, lists, turns } = store;
  switch (ask.kind) {
    case 'add':
      return await addAll(store, name, ask);
    case 'waiting':
      return await turns.waiting(name, ask.limit);
    case 'commit':
      return await commitOne(store, name, ask);
    case 'append': {
      const { items, ...how } = ask.append;
      return await lists.append(OTHER_NAMESPACE, name, items, how);
    }
    case 'last': {
      const both = [NAMESPACE, OTHER_NAMESPACE];
      return await Promise.all(both.map((each) => lists.last(each, name, ask.limit)));
    }
    case 'after':
      return await lists.after(OTHER_NAMESPACE, name, ask.number, ask.limit);
    case 'set':
      return isVersion(await kept.set(NAMESPACE, name, ask.value, keepOf(ask.ttlMs)));
    case 'compareAndSet': {
      const { expected, value, ttlMs } = ask.write;
      const version = await versionFor(store, name, expected);
      const set = kept.compareAndSet(NAMESPACE, name, version, value, keepOf(ttlMs));
      return isVersion(await set);
    }
    case 'get':
      return (await kept.get(NAMESPACE, name))?.value;
    case 'delete':
      return await kept.delete(NAMESPACE, name);
    default:
      return ask satisfies never;
  }
}

/** One call after the other, and none of them waited for: the order is that of the calls. */
async function addAll(
  { turns }: Store,
  name: string,
  { ids: all, maxTurns, markTtlMs, isStamped }: Ask & { kind: 'add' },
): Promise<unknown> {
  const stampOf = isStamped ? NAMESPACE : undefined;
  const asked = all.map((id) => {
    const turn = { conversation: name, id: idOf(id), message: `message ${id} of ${name}` };
    return turns.add(turn, { maxTurns, markTtlMs, stampOf });
  });
  return await Promise.all(asked);
}

async function commitOne(
  store: Store,
  name: string,
  ask: Ask & { kind: 'commit' },
): Promise<unknown> {
  const { isLost, save, remove, write, append } = ask;
  const expected = write === null ? null : await versionFor(store, name, write.expected);
  const lock = await store.lock(name);
  if (isLost) lock.release();
  try {
    return await store.turns.commit(lock, {
      save: save === null ? undefined : { id: idOf(save), progress: `progress ${save}` },
      remove: remove.map(idOf),
      write:
        write === null
          ? undefined
          : { namespace: NAMESPACE, value: write.value, expected, ...keepOf(write.ttlMs) },
      append: append === null ? undefined : { namespace: NAMESPACE, ...append },
    });
  } catch (error) {
    if (error instanceof StoreError) return error.code;
    throw error;
  } finally {
    if (!isLost) lock.release();
  }
}

async function versionFor(
  store: Store,
  name: string,
  expected: Write['expected'],
): Promise<string | null> {
  if (expected === 'none') return null;
  if (expected === 'wrong') return 'a version that never was';
  return (await store.values.get(NAMESPACE, name))?.version ?? null;
}

async function entriesOf({ values: kept }: Store): Promise<unknown[]> {
  const entries: [string, JsonValue][] = [];
  for await (const { key, value } of kept.entries(NAMESPACE)) entries.push([key, value]);
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

const idOf = (id: number): string => `id ${id}`;

const keepOf = (ttlMs: number | null): { ttlMs?: number } => (ttlMs === null ? {} : { ttlMs });

const isVersion = (version: string | null): boolean => typeof version === 'string';
