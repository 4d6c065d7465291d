/** What a client wants to know of its page. */
export interface PageListeners {
  /** The network has come or gone, or the page is looked at again. */
  onChange: () => void;
  /** Another page has changed a storage that it shares with this one. */
  onStorage: (event: StorageEvent) => void;
  /** The page is shown again as it was left, by "back" say: meanwhile it was told nothing. */
  onRestored: () => void;
}

/** Listens to the page, if there is one. Returns what ends that. */
export function listenToPage({ onChange, onStorage, onRestored }: PageListeners): () => void {
  // A client also runs where there is no page: in tests, and in Node.
  const { document } = globalThis as { document?: Document };
  if (document === undefined) return () => {};
  const ending = new AbortController();
  const { signal } = ending;
  const onVisible = (): void => {
    if (document.visibilityState === 'visible') onChange();
  };
  const onShown = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) onRestored();
  };
  globalThis.addEventListener('online', onChange, { signal });
  globalThis.addEventListener('offline', onChange, { signal });
  globalThis.addEventListener('storage', onStorage, { signal });
  globalThis.addEventListener('pageshow', onShown, { signal });
  document.addEventListener('visibilitychange', onVisible, { signal });
  return () => ending.abort();
}
