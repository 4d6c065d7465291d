import { ProactiveError } from '../errors.ts';
import { promised } from '../maybe-promise.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../message/json.ts';
import type { StoredValue } from '../store/contract.ts';
import { TurnAbort } from './abort.ts';
import type { Place } from './address-book.ts';
import type { DeferredContext } from './deferred-context.ts';

/** Where a message goes, and what takes back the key that this very call has taken for it. */
export interface Claimed {
  place: Place;
  giveBack: () => Promise<void>;
}

/** What an idempotency key stands for. */
interface Claim extends Place {
  /** Of what was asked for. */
  digest: string;
  /** How many calls go by it: all that came with it, but for those that nothing went out with. */
  calls: number;
}

/** By sender id and idempotency key: where the first message with it goes. */
const NAMESPACE = 'proactive';

/** How long it is tried to free a key that nothing goes out with, in milliseconds. */
const GIVE_BACK_MS = 60_000;

/** What is in the place of a claim that was given back, for a moment: a store removes nothing by version. */
const FREE = null;
const FREE_MS = 1;

/** Idempotency keys of proactive messages: each stands for one message to one conversation. */
export class IdempotencyKeys {
  readonly #context: Pick<DeferredContext, 'clock' | 'patience' | 'policy' | 'store' | 'telemetry'>;

  constructor(context: DeferredContext) {
    this.#context = context;
  }

  /**
   * Takes a key, or finds where the first message with it goes, which this one then is as well.
   *
   * @param parts - The sender id and the key.
   * @param digest - Of what is asked for.
   * @param placeOf - Finds where it goes.
   * @throws ProactiveError - the key stands for another message.
   */
  async claim(
    parts: readonly [senderId: string, key: string],
    digest: string,
    placeOf: () => Promise<Place>,
  ): Promise<Claimed> {
    const { values } = this.#context.store;
    const name = JSON.stringify(parts);
    // Side by side with the first look at the key: mostly it is free. Where it is not, this is nobody's.
    const found = placeOf();
    found.catch(() => {});
    for (;;) {
      const known = await values.get(NAMESPACE, name);
      const claim = claimOf(known);
      if (claim === null) {
        const taken: Claim = { ...(await found), digest, calls: 1 };
        if ((await this.#set(name, known, { ...taken })) === null) continue;
        return { place: taken, giveBack: () => this.#giveBack(name, taken.channel) };
      }
      if (claim.digest !== digest) throw isAnother();
      // Whoever took it may fail yet, and must not free what this one goes by.
      const shared = { ...claim, calls: claim.calls + 1 };
      if ((await this.#set(name, known, shared)) === null) continue;
      return { place: claim, giveBack: () => this.#giveBack(name, claim.channel) };
    }
  }

  async #set(name: string, known: StoredValue | null, claim: JsonObject): Promise<string | null> {
    const { store, policy } = this.#context;
    const expected = known?.version ?? null;
    const ttl = { ttlMs: policy.markTtlMs };
    return await store.values.compareAndSet(NAMESPACE, name, expected, claim, ttl);
  }

  /**
   * One call goes by a key no more; the last one frees it. Where the store is away nobody waits for it: the
   * caller hears why nothing goes out.
   */
  async #giveBack(name: string, channel: string): Promise<void> {
    const { clock, patience, telemetry } = this.#context;
    const free = this.#leaving(name);
    try {
      await free();
    } catch {
      const abort = new TurnAbort(channel);
      const stop = clock.after(GIVE_BACK_MS, () => abort.abort('deadline'));
      void promised(() => patience.with(abort, channel, free))
        .catch((error: unknown) => telemetry.error(error, { channel, stage: 'store' }, abort))
        .finally(stop);
    }
  }

  /** What takes one call off a key, and may be asked again. */
  #leaving(name: string): () => Promise<void> {
    const { values } = this.#context.store;
    /** The version that it was taken off, where the answer was lost. */
    let unsure: string | null = null;
    return async () => {
      for (;;) {
        const known = await values.get(NAMESPACE, name);
        const claim = claimOf(known);
        if (known === null || claim === null) return;
        // It may be gone already. To leave twice would free what others go by.
        if (unsure !== null && known.version !== unsure) return;
        unsure = known.version;
        const left = { ...claim, calls: claim.calls - 1 };
        const set =
          left.calls > 0
            ? this.#set(name, known, left)
            : values.compareAndSet(NAMESPACE, name, known.version, FREE, { ttlMs: FREE_MS });
        const version = await set;
        unsure = null;
        if (version !== null) return;
      }
    };
  }
}

/** A place that no key was taken for. */
export function notOurs(place: Place): Claimed {
  return { place, giveBack: async () => {} };
}

/** What a key stands for; `null` where it is free. */
function claimOf(known: StoredValue | null): Claim | null {
  const value: JsonValue = known?.value ?? FREE;
  // What is under this name was written here; by an earlier version, without a count.
  return isJsonObject(value) ? ({ calls: 1, ...value } as unknown as Claim) : null;
}

function isAnother(): ProactiveError {
  return new ProactiveError('the idempotency key was used for another message: take a new one', {
    status: 409,
    code: 'idempotency_key_reused',
  });
}
