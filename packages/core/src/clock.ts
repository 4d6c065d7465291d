import { TimerLane } from './timer-lane.ts';

/** Time, so that a test can steer it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls back once after `delayMs`; the returned function calls it off. Keeps no process alive. */
  after(delayMs: number, callback: () => void): () => void;
}

/** The longest that a timer of Node takes, some 25 days: it fires at once where it is told more. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Calls after whole seconds share a timer: these are deadlines, nearly all of which are called off. There
 * are few such delays, where waits with chance in them have each their own.
 */
const SHARED_MS = 1_000;

/** By their delay. */
const lanes = new Map<number, TimerLane>();

/** The machine's own time. */
export const systemClock: Clock = {
  now: Date.now,
  after(delayMs, callback) {
    if (delayMs > LONGEST_MS) return afterLong(delayMs, callback);
    if (delayMs > 0 && delayMs % SHARED_MS === 0) return laneOf(delayMs).add(callback);
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};

function laneOf(delayMs: number): TimerLane {
  const known = lanes.get(delayMs);
  if (known !== undefined) return known;
  const lane = new TimerLane(delayMs, () => lanes.delete(delayMs));
  lanes.set(delayMs, lane);
  return lane;
}

/** One timer after the other. */
function afterLong(delayMs: number, callback: () => void): () => void {
  let cancel = systemClock.after(LONGEST_MS, () => {
    cancel = systemClock.after(delayMs - LONGEST_MS, callback);
  });
  return () => cancel();
}

/** What `work` settles to, or an error after `limitMs`. The work itself goes on. */
export async function within<T>(
  clock: Clock,
  limitMs: number,
  work: Promise<T>,
  lateError: () => Error = () => new Error(`no answer within ${limitMs} ms`),
): Promise<T> {
  let cancel = (): void => {};
  const late = new Promise<never>((_resolve, reject) => {
    const onLate = (): void => reject(lateError());
    cancel = clock.after(limitMs, onLate);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    cancel();
  }
}

/** Keeps the process alive until something is done: what it waits for may be no more than a timer. */
export async function awake(work: () => Promise<void>): Promise<void> {
  const timer = setInterval(() => {}, 60_000);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
}
