/**
 * Resolves to what `work` does, unless a timer that was set beside it ends first. What holds the process
 * up holds up both, so that a busy machine fails no test by this: a look at the clock would.
 */
export async function inTime<T>(limitMs: number, work: T | PromiseLike<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it took more than ${limitMs} ms`)), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
