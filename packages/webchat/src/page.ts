/** Calls back when the network is there again, or the page is looked at again. */
export function listenToPage(onBack: () => void): () => void {
  // A client also runs where there is no page: in tests, and in Node.
  const { document } = globalThis as { document?: Document };
  if (document === undefined) return () => {};
  const onVisible = (): void => {
    if (document.visibilityState === 'visible') onBack();
  };
  globalThis.addEventListener('online', onBack);
  document.addEventListener('visibilitychange', onVisible);
  return () => {
    globalThis.removeEventListener('online', onBack);
    document.removeEventListener('visibilitychange', onVisible);
  };
}
