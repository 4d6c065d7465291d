import { toError } from './errors.ts';

/**
 * A result, or a promise of it. What is at hand need not be waited for: a promise, and the frame of
 * an `async` function that awaits it, cost more than most of what a turn does.
 */
export type MaybePromise<T> = T | Promise<T>;

/** Whether a result has to be waited for. */
export function isPromise<T>(result: MaybePromise<T>): result is Promise<T> {
  // Not `instanceof`: a promise may come from another realm, a test runner's say.
  if (typeof result !== 'object' || result === null) return false;
  return 'then' in result && typeof result.then === 'function';
}

/** Goes on with a result: at once if it is there. `goOn` throws, or rejects, accordingly. */
export function whenThere<T, R>(
  result: MaybePromise<T>,
  goOn: (value: T) => MaybePromise<R>,
): MaybePromise<R> {
  return isPromise(result) ? result.then(goOn) : goOn(result);
}

/**
 * What several calls come to, all asked at once, and all there at once if each is. One that throws rejects
 * like the others: none of them is left without anybody who looks at it.
 */
export function allThere<T extends readonly unknown[]>(calls: {
  [K in keyof T]: () => MaybePromise<T[K]>;
}): MaybePromise<T> {
  const results = calls.map((call) => settle<unknown, unknown>(call, (value) => value, rejected));
  if (results.some((result) => isPromise(result)))
    return Promise.all(results) as Promise<unknown> as Promise<T>;
  return results as readonly unknown[] as T;
}

const rejected = (thrown: unknown): Promise<never> => Promise.reject(toError(thrown));

/** Like `then` with both its arguments, of a call that may throw instead of rejecting. */
export function settle<T, R>(
  call: () => MaybePromise<T>,
  onDone: (value: T) => MaybePromise<R>,
  onFailed: (thrown: unknown) => MaybePromise<R>,
): MaybePromise<R> {
  let result: MaybePromise<T>;
  try {
    result = call();
  } catch (thrown) {
    return onFailed(thrown);
  }
  return isPromise(result) ? result.then(onDone, onFailed) : onDone(result);
}

/** What a call comes to. One that throws rejects instead. */
export function attempt<T>(call: () => MaybePromise<T>): MaybePromise<T> {
  try {
    return call();
  } catch (thrown) {
    return rejected(thrown);
  }
}

/** A promise of what somebody else's function comes to, which should give one and may not. */
export function promised<T>(call: () => MaybePromise<T>): Promise<T> {
  const result = attempt(call);
  return isPromise(result) ? result : Promise.resolve(result);
}
