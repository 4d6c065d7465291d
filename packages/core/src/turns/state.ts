import { isJsonObject, type JsonObject } from '../message/json.ts';
import type { KeyedValues } from '../store/contract.ts';

const NAMESPACE = 'state';

/** How long a conversation's state is kept after its last change. */
const TTL_MS = 30 * 24 * 60 * 60 * 1000;

/** A conversation's own JSON, from the start of a turn to its end. */
export class ConversationState {
  /** The state as the turn found it; the assistant changes it in place, or puts another in its place. */
  readonly value: JsonObject;

  readonly #values: KeyedValues;
  readonly #key: string;
  readonly #json: string;
  readonly #version: string | null;

  private constructor(values: KeyedValues, key: string, value: JsonObject, version: string | null) {
    this.value = value;
    this.#values = values;
    this.#key = key;
    this.#json = JSON.stringify(value);
    this.#version = version;
  }

  /** The state of a conversation; empty if there is none. */
  static async load(values: KeyedValues, key: string): Promise<ConversationState> {
    const stored = await values.get(NAMESPACE, key);
    const value = isJsonObject(stored?.value) ? stored.value : {};
    return new ConversationState(values, key, value, stored?.version ?? null);
  }

  /** Writes the state, if it was changed. @throws Error - somebody else changed it meanwhile. */
  async save(value: JsonObject): Promise<void> {
    if (!isJsonObject(value)) throw new TypeError('reply.state must be a JSON object');
    if (JSON.stringify(value) === this.#json) return;
    const options = { ttlMs: TTL_MS };
    if (
      (await this.#values.compareAndSet(NAMESPACE, this.#key, this.#version, value, options)) ===
      null
    ) {
      throw new Error('the state was changed from outside during the turn and was not saved');
    }
  }
}
