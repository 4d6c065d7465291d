import { isObject } from './frames.ts';

/** What opens a session again. */
export interface KnownSession {
  session: string;
  /** `null` where the page proves who its user is in another way. */
  token: string | null;
  /**
   * Whose it is: the session's name where users prove who they are, since each has one for good. Else the
   * name of the first that was issued here: a server that forgets a session does not change the user.
   */
  user: string;
}

/** What outlives the page: a `Storage`, or something of its shape. */
export type KeyValueStorage = Pick<
  Storage,
  'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'
>;

/**
 * JSON under keys that begin alike. A storage that is full or forbidden is as good as none: nothing
 * outlives the page then.
 */
export class Memory {
  readonly #storage: KeyValueStorage | null;
  readonly #lead: string;
  /** The page's own, where the storage keeps none. */
  #session: KnownSession | null = null;

  constructor(storage: KeyValueStorage | null, url: string) {
    this.#storage = storage;
    this.#lead = `trunkline:${url}:`;
  }

  /** What was kept, if it still is JSON. */
  get(name: string): unknown {
    try {
      return JSON.parse(this.#storage?.getItem(this.#lead + name) ?? 'null');
    } catch {
      return null;
    }
  }

  /** Keeps a value, or forgets it where it is `null`. */
  set(name: string, value: object | null): void {
    try {
      if (value === null) this.#storage?.removeItem(this.#lead + name);
      else this.#storage?.setItem(this.#lead + name, JSON.stringify(value));
    } catch {
      // See above.
    }
  }

  /** The names that begin with `lead`. */
  names(lead: string): string[] {
    const whole = this.#lead + lead;
    try {
      const { length } = this.#storage ?? { length: 0 };
      const keys = Array.from({ length }, (_, i) => this.#storage?.key(i) ?? '');
      const found = keys.filter((key) => key.startsWith(whole));
      return found.map((key) => key.slice(this.#lead.length));
    } catch {
      return [];
    }
  }

  /**
   * Whether another page has just forgotten the session, or emptied the storage. Goes by what happened:
   * what the storage holds may have been written by ourselves since.
   */
  isForgetting({ storageArea, key, newValue }: StorageEvent): boolean {
    if (this.#storage === null || storageArea !== this.#storage || newValue !== null) return false;
    return key === null || key === `${this.#lead}session`;
  }

  /** Whether another client keeps the same in the same place. */
  isShared(other: Memory): boolean {
    return this.#storage !== null && this.#storage === other.#storage && this.#lead === other.#lead;
  }

  /** The session that was kept. */
  get session(): KnownSession | null {
    if (this.#session !== null) return this.#session;
    const kept = this.get('session');
    if (!isObject(kept) || typeof kept['session'] !== 'string') return null;
    const { session, token, user } = kept;
    return {
      session,
      token: typeof token === 'string' ? token : null,
      user: typeof user === 'string' ? user : session,
    };
  }

  set session(session: KnownSession | null) {
    this.set('session', session);
    // A storage that is full still has the one before.
    const isKept = JSON.stringify(this.get('session')) === JSON.stringify(session);
    this.#session = isKept ? null : session;
  }
}

/** The page's own storage: `localStorage` is shared by its tabs, `sessionStorage` is one tab's. */
export function openStorage(kind: 'shared' | 'tab' | 'none'): KeyValueStorage | null {
  if (kind === 'none') return null;
  try {
    // Outside of a page there is none.
    return globalThis[kind === 'shared' ? 'localStorage' : 'sessionStorage'] ?? null;
  } catch {
    // A page in a sandbox may not even ask.
    return null;
  }
}
