/** What a client wants to know of its page. */
export interface PageListeners {
  /** The network is there again, or the page is looked at again. */
  onBack: () => void;
  /** Another page has changed a storage that it shares with this one. */
  onStorage: (event: StorageEvent) => void;
  /** The page is shown again as it was left, by "back" say: meanwhile it was told nothing. */
  onRestored: () => void;
}

/** Listens to the page, if there is one. Returns what ends that. */
export function listenToPage({ onBack, onStorage, onRestored }: PageListeners): () => void {
  // A client also runs where there is no page: in tests, and in Node.
  const { document } = globalThis as { document?: Document };
  if (document === undefined) return () => {};
  const ending = new AbortController();
  const { signal } = ending;
  const onVisible = (): void => {
    if (document.visibilityState === 'visible') onBack();
  };
  const onShown = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) onRestored();
  };
  globalThis.addEventListener('online', onBack, { signal });
  globalThis.addEventListener('storage', onStorage, { signal });
  globalThis.addEventListener('pageshow', onShown, { signal });
  document.addEventListener('visibilitychange', onVisible, { signal });
  return () => ending.abort();
}
