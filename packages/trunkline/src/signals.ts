/** Under npm, Ctrl-C arrives twice at once: from the terminal, and handed on by npm. */
const SAME_PRESS_MS = 1_000;

/** The first signal lets what runs come to its end, and exits with 0; a second one does not wait. */
export function stopOnSignals(close: () => Promise<void>): void {
  let stoppingSince: number | null = null;
  const onSignal = (_signal: NodeJS.Signals, number: number): void => {
    const now = Date.now();
    if (stoppingSince === null) {
      stoppingSince = now;
      console.log('Stopping: turns that run may take 10 seconds to finish.');
      close().then(
        () => process.exit(0),
        (error: unknown) => {
          console.error(error);
          process.exit(1);
        },
      );
    } else if (now - stoppingSince > SAME_PRESS_MS) {
      process.exit(128 + number);
    }
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
}
