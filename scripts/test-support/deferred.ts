/** A promise that a test settles itself. */
export interface Deferred<T> {
  promise: Promise<T>;
  resolve: (value: T) => void;
  reject: (reason: unknown) => void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}

/** What a promise has come to by now. */
export async function outcomeOf(promise: unknown): Promise<'open' | 'done' | Error> {
  let outcome: 'open' | 'done' | Error = 'open';
  Promise.resolve(promise).then(
    () => (outcome = 'done'),
    (error: Error) => (outcome = error),
  );
  await new Promise((resolve) => setImmediate(resolve));
  return outcome;
}
