import { RetryableError } from '@trunkline/core';
import { RasaAway } from './errors.ts';
import type { ResolvedRasaOptions } from './options.ts';
import { pause } from './pause.ts';

const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 2_000;

/**
 * Asks again while Rasa is away, for `retryMs` at most.
 *
 * @throws RetryableError - it still was: a deferred turn is run again later.
 */
export async function whileAway<T>(
  options: Pick<ResolvedRasaOptions, 'clock' | 'retryMs' | 'logger' | 'origin'>,
  signal: AbortSignal | undefined,
  ask: () => Promise<T>,
): Promise<T> {
  const { clock, retryMs, logger, origin } = options;
  const until = clock.now() + retryMs;
  for (let delayMs = FIRST_DELAY_MS; ; delayMs = Math.min(delayMs * 2, MAX_DELAY_MS)) {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof RasaAway)) throw error;
      if (clock.now() + delayMs > until) {
        const message = `Rasa at ${origin} is away: ${error.message}`;
        throw new RetryableError(message, { cause: error });
      }
      logger?.warn({ err: error, delayMs }, 'Rasa is away, and is asked again');
      await pause(clock, delayMs, signal);
    }
  }
}

/** The same for an answer that comes in pieces: before the first of them, it is asked for again. */
export async function* piecesWhileAway<T>(
  options: Parameters<typeof whileAway>[0],
  signal: AbortSignal | undefined,
  ask: () => AsyncGenerator<T>,
): AsyncGenerator<T> {
  const { pieces, first } = await whileAway(options, signal, async () => {
    const begun = ask();
    return { pieces: begun, first: await begun.next() };
  });
  try {
    if (first.done === true) return;
    yield first.value;
    yield* pieces;
  } finally {
    await pieces.return(undefined);
  }
}
