/** Says that something of the page's own failed, as the browser says of an error that nobody caught. */
export function report(error: unknown): void {
  // eslint-disable-next-line no-console -- Node has no `reportError`.
  (globalThis.reportError ?? console.error)(error);
}
