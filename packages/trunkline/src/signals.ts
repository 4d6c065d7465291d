import { systemClock, type Clock } from '@trunkline/core';

/** Under npm, Ctrl-C arrives twice at once: from the terminal, and handed on by npm. */
const SAME_PRESS_MS = 1_000;

/** The first signal lets what runs come to its end, and exits with 0; a second one does not wait. */
export function stopOnSignals(close: () => Promise<void>, clock: Clock = systemClock): void {
  let isStopping = false;
  let isSamePress = true;
  const onSignal = (_signal: NodeJS.Signals, number: number): void => {
    if (isStopping) {
      if (!isSamePress) process.exit(128 + number);
      return;
    }
    isStopping = true;
    // Not two readings of a clock, which may be set back in between.
    clock.after(SAME_PRESS_MS, () => void (isSamePress = false));
    console.log('Stopping: turns that run may take 10 seconds to finish.');
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
}
