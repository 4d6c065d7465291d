import { setTimeout as wait } from 'node:timers/promises';
import type { Store } from '@trunkline/core';
import type { During } from './checks.ts';
import type { StoreContractOptions } from './store-contract.ts';

/** Pairs of namespace and key, or of conversation and id, each of which is a place of its own. */
export const PLACES: readonly (readonly [string, string])[] = [
  ['a', 'b:c'],
  ['a:b', 'c'],
  ['a', 'bc'],
  ['ab', 'c'],
  ['', 'abc'],
  ['abc', ''],
  ['A', 'BC'],
  ['a', 'b*'],
  ['a', 'b_'],
  ['a', 'b%'],
  ['1', '1:a'],
  ['1:1', 'a'],
  ['__proto__', 'constructor'],
  ['ä', '👋🏽'],
  ['{a}', 'b'],
  ['a', '{b}'],
  ['a\u0000b', 'c'],
  ['a', '\u0000b'],
  ['a', 'long'.repeat(200)],
  // Halves of surrogate pairs, which UTF-8 has no bytes for, and what many write in their place.
  ['a', '\uD800'],
  ['a', '\uD801'],
  ['a', '\uFFFD'],
  ['\uDC00', 'a'],
  ['\uFFFD', 'a'],
  ['a', '\uFFFFd800'],
];

/** What the checks of a store have in common. */
export class StoreScene {
  /** A time to live that is over after {@link StoreScene.expire}. */
  readonly ttlMs: number;
  /** A time to live that is nearly over after {@link StoreScene.expire}; by the machine's clock, far from it. */
  readonly longerMs: number;
  /** See {@link StoreContractOptions.reopen}. */
  readonly reopen: StoreContractOptions['reopen'];

  readonly #create: StoreContractOptions['create'];
  readonly #advance: StoreContractOptions['advance'];

  constructor({ create, advance, reopen }: StoreContractOptions) {
    this.#create = create;
    this.#advance = advance;
    this.reopen = reopen;
    this.ttlMs = advance === undefined ? 60 : 60_000;
    this.longerMs = advance === undefined ? 1_000 * this.ttlMs : this.ttlMs + 1_000;
  }

  /** A store with nothing in it, which is closed after the check. */
  async open(during: During): Promise<Store> {
    return this.closing(during, await this.create(during));
  }

  /** A store with nothing in it. */
  async create(during: During): Promise<Store> {
    return await during.waitFor('create()', Promise.resolve(this.#create()));
  }

  /** Closes a store after the check. */
  closing(during: During, store: Store): Store {
    // Whether a store closes well is one check's business.
    during.afterwards(() => store.close().catch(() => {}));
    return store;
  }

  /** Lets what was set with `ttlMs` before this call expire. */
  async expire({ values }: Store, during: During): Promise<void> {
    const ttlMs = this.ttlMs;
    const untilGone = async (): Promise<void> => {
      if (this.#advance !== undefined) return await this.#advance(ttlMs);
      // Without a clock to move: until what was set last is gone.
      await values.set('contract', 'last', true, { ttlMs });
      const isGone = async (): Promise<boolean> => (await values.get('contract', 'last')) === null;
      await this.until(during, isGone);
    };
    await during.waitFor('what was stored to expire', untilGone());
  }

  /** Resolves when something has become so; time that can be moved goes on meanwhile. */
  async until(during: During, isSo: () => Promise<boolean> | boolean): Promise<void> {
    let isOver = false;
    during.afterwards(() => {
      isOver = true;
    });
    while (!isOver && !(await isSo())) {
      await this.#advance?.(10);
      await wait(5);
    }
  }
}
