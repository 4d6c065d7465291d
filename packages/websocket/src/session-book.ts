import { randomBytes } from 'node:crypto';
import { isJsonObject, type KeyedValues } from '@trunkline/core';
import { digestOf, isDigestOf } from './verify.ts';

/** A session that was just issued. */
export interface Issued {
  /** Its name: the sender id, where the client claims none. */
  id: string;
  /** What opens it again. Kept nowhere but with the client. */
  token: string;
}

const NAMESPACE = 'session';

/** Bytes of an id and of a token: nobody guesses 128 bits, and a token has more. */
const ID_BYTES = 16;
const TOKEN_BYTES = 24;

/** The sessions that were issued, in the store: each with the digest of its token. */
export class SessionBook {
  readonly #values: KeyedValues;
  readonly #ttlMs: number;

  constructor(values: KeyedValues, ttlMs: number) {
    this.#values = values;
    this.#ttlMs = ttlMs;
  }

  /** Makes a session. It is kept when this resolves. */
  async issue(): Promise<Issued> {
    const id = randomBytes(ID_BYTES).toString('base64url');
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const kept = { digest: digestOf(token) };
    await this.#values.set(NAMESPACE, id, kept, { ttlMs: this.#ttlMs });
    return { id, token };
  }

  /** Whether the token opens the session: `unknown` where there is no such session (any more). */
  async open(id: string, token: string): Promise<'open' | 'wrong' | 'unknown'> {
    const digest = await this.#digest(id);
    if (digest === null) return 'unknown';
    return isDigestOf(token, digest) ? 'open' : 'wrong';
  }

  /** Keeps it for as long again. */
  async touch(id: string): Promise<void> {
    const digest = await this.#digest(id);
    if (digest === null) return;
    await this.#values.set(NAMESPACE, id, { digest }, { ttlMs: this.#ttlMs });
  }

  /** Lets go of one that nobody is going to use. */
  async forget(id: string): Promise<void> {
    await this.#values.delete(NAMESPACE, id);
  }

  async #digest(id: string): Promise<string | null> {
    const kept = (await this.#values.get(NAMESPACE, id))?.value;
    return isJsonObject(kept) && typeof kept['digest'] === 'string' ? kept['digest'] : null;
  }
}
