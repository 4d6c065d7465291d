import type { MaybePromise } from '@trunkline/core';

/**
 * Reads what is committed, at once: the file is at hand. What fails is a rejection all the same, and so
 * is what is asked of a store that is closed.
 */
export type Read = <T>(query: () => T) => MaybePromise<T>;
