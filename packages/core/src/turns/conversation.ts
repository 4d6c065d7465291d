import { whenThere, type MaybePromise } from '../maybe-promise.ts';
import { isJsonObject, isSameJson, type JsonObject } from '../message/json.ts';
import { notJsonIn } from '../message/not-json.ts';
import type { Store, StoredValue, TurnChanges } from '../store/contract.ts';
import type { History, HistoryEntry } from './history.ts';

const NAMESPACE = 'state';

/** How long a conversation's state is kept after its last change. */
const TTL_MS = 30 * 24 * 60 * 60 * 1000;

/** What is stored of a conversation at the end of a turn. */
export type ConversationChanges = Pick<TurnChanges, 'write' | 'append'>;

/** What a conversation keeps between its turns, from the start of a turn to its end. */
export class Conversation {
  /** The state as the turn found it; the assistant changes it in place, or puts another in its place. */
  readonly state: JsonObject;

  readonly #isKept: boolean;
  readonly #json: string;
  readonly #version: string | null;
  readonly #said: HistoryEntry[] = [];

  private constructor(stored: StoredValue | null, isKept: boolean) {
    this.#isKept = isKept;
    this.state = isJsonObject(stored?.value) ? stored.value : {};
    this.#json = stored === null ? '{}' : JSON.stringify(this.state);
    this.#version = stored?.version ?? null;
  }

  /** That of a message that came without a sender: nothing is known, and nothing is kept. */
  static none(): Conversation {
    return new Conversation(null, false);
  }

  /** A conversation as the store knows it. */
  static load(store: Store, key: string): MaybePromise<Conversation> {
    return whenThere(store.values.get(NAMESPACE, key), (stored) => new Conversation(stored, true));
  }

  /** What was said in the turn so far. */
  get said(): readonly HistoryEntry[] {
    return this.#said;
  }

  /** Something was said. */
  remember(entry: HistoryEntry): void {
    this.#said.push(entry);
  }

  /**
   * What is to be stored.
   *
   * @param state - The state as the turn leaves it; `null` keeps the one that was.
   * @throws TypeError - the state is no JSON object, or something in it is no JSON.
   */
  changes(state: JsonObject | null, history: History): ConversationChanges {
    const write = this.#write(state);
    return this.#isKept ? { write, append: history.additions(this.#said) } : {};
  }

  #write(state: JsonObject | null): TurnChanges['write'] {
    if (state === null) return undefined;
    if (!isJsonObject(state)) throw new TypeError('reply.state must be a JSON object');
    // Ahead of the comparison: what JSON leaves out, it does not see.
    const found = notJsonIn(state);
    if (found !== null) {
      throw new TypeError(`reply.state${found.path} is ${found.what}: the state must be JSON`);
    }
    if (JSON.stringify(state) === this.#json) return undefined;
    return { namespace: NAMESPACE, value: state, expected: this.#version, ttlMs: TTL_MS };
  }
}

/** Asks the store. `isAgain`: it was asked before, and what became of that is not known. */
type Ask = <T>(call: (isAgain: boolean) => Promise<T>) => MaybePromise<T>;

/**
 * Stores what a conversation keeps for a turn that does not hold its lock, since it runs beside the
 * others. Resolves to whether the state was written, or did not have to be.
 *
 * @param ask - May ask again. What was said and the state are asked for apart: what has happened must not
 *   happen again with what has not.
 */
export async function keepApart(
  store: Store,
  key: string,
  { write, append }: ConversationChanges,
  ask: Ask = (call) => call(false),
): Promise<boolean> {
  if (append !== undefined) {
    await ask(async (isAgain) => {
      if (isAgain && (await isAppended(store, key, append))) return;
      await store.lists.append(append.namespace, key, append.items, append);
    });
  }
  if (write === undefined) return true;
  const { namespace, expected, value, ttlMs } = write;
  const options = ttlMs === undefined ? {} : { ttlMs };
  return await ask(async (isAgain) => {
    const found = isAgain ? await store.values.get(namespace, key) : null;
    if (found !== null && isSameJson(found.value, value)) return true;
    const { values } = store;
    return (await values.compareAndSet(namespace, key, expected, value, options)) !== null;
  });
}

/** Whether items are in their list. What is said has its time with it: no other turn says the same. */
async function isAppended(
  store: Store,
  key: string,
  { namespace, items, maxItems }: NonNullable<ConversationChanges['append']>,
): Promise<boolean> {
  const kept = await store.lists.last(namespace, key, maxItems);
  return items.slice(-maxItems).every((item) => kept.some((other) => isSameJson(item, other)));
}

/** The error for a state that somebody else changed meanwhile; it was not overwritten. */
export function stateConflict(): Error {
  return new Error('the state was changed from outside during the turn and was not saved');
}
