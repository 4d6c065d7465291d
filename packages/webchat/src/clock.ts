/** Time, as tests may steer it. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Runs something later. Returns what prevents it. */
  after(ms: number, run: () => void): () => void;
}

/** The browser's. */
export const browserClock: Clock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};
