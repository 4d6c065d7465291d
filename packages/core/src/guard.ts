/** Calls what is not ours and must not break us: whether it throws or, being `async`, rejects. */
export function callGuarded(call: () => unknown, onFailed: (thrown: unknown) => void): void {
  try {
    const result = call();
    if (result instanceof Promise) result.catch(onFailed);
  } catch (thrown) {
    onFailed(thrown);
  }
}
