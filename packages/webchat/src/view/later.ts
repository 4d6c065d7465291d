/** How much longer than the last time it took to wait, at least: what is slow must leave room to breathe. */
const REST = 3;

/** In a page that nobody sees there are no frames. */
const HIDDEN_MS = 200;

/** Runs something once a frame of the screen, however often it is asked for; less often where it is slow. */
export function later(run: () => void): { soon: () => void; cancel: () => void } {
  let cancel: (() => void) | null = null;
  let restsUntil = 0;
  const now = (): void => {
    cancel = null;
    const startedAt = performance.now();
    run();
    const endedAt = performance.now();
    restsUntil = endedAt + REST * (endedAt - startedAt);
  };
  const soon = (): void => {
    if (cancel !== null) return;
    let frame = 0;
    const onFrame = (): void => {
      if (performance.now() < restsUntil) {
        frame = requestAnimationFrame(onFrame);
        return;
      }
      clearTimeout(timer);
      now();
    };
    frame = requestAnimationFrame(onFrame);
    const timer = setTimeout(
      () => {
        cancelAnimationFrame(frame);
        now();
      },
      Math.max(HIDDEN_MS, restsUntil - performance.now()),
    );
    cancel = () => {
      cancelAnimationFrame(frame);
      clearTimeout(timer);
      cancel = null;
    };
  };
  return { soon, cancel: () => cancel?.() };
}
