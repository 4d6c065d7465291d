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
  /** Whether another call has come with it, and goes by it: then nobody gives it back any more. */
  isShared?: true;
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
    for (;;) {
      const known = await values.get(NAMESPACE, name);
      const claim = claimOf(known);
      if (claim === null) {
        const taken: Claim = { ...(await placeOf()), digest };
        const version = await this.#set(name, known, { ...taken });
        if (version === null) continue;
        return { place: taken, giveBack: () => this.#giveBack(name, version, taken.channel) };
      }
      if (claim.digest !== digest) throw isAnother();
      // Whoever took it may fail yet, and must not free what this one goes by.
      const isKept = claim.isShared ?? (await this.#set(name, known, { ...claim, isShared: true }));
      if (isKept !== null) return notOurs(claim);
    }
  }

  async #set(name: string, known: StoredValue | null, claim: JsonObject): Promise<string | null> {
    const { store, policy } = this.#context;
    const expected = known?.version ?? null;
    const ttl = { ttlMs: policy.markTtlMs };
    return await store.values.compareAndSet(NAMESPACE, name, expected, claim, ttl);
  }

  /** Frees a key. Where the store is away nobody waits for it: the caller hears why nothing goes out. */
  async #giveBack(name: string, version: string, channel: string): Promise<void> {
    const { clock, patience, store, telemetry } = this.#context;
    // Not one that is somebody else's by now.
    const free = async (): Promise<unknown> =>
      await store.values.compareAndSet(NAMESPACE, name, version, FREE, { ttlMs: FREE_MS });
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
}

/** A place that no key was taken for. */
export function notOurs(place: Place): Claimed {
  return { place, giveBack: async () => {} };
}

/** What a key stands for; `null` where it is free. */
function claimOf(known: StoredValue | null): Claim | null {
  const value: JsonValue = known?.value ?? FREE;
  // What is under this name was written here.
  return isJsonObject(value) ? (value as unknown as Claim) : null;
}

function isAnother(): ProactiveError {
  return new ProactiveError('the idempotency key was used for another message: take a new one', {
    status: 409,
    code: 'idempotency_key_reused',
  });
}
