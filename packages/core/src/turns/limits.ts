import { ConfigurationError } from '../errors.ts';
import { assertKnownOptions } from '../names.ts';

/** The bounds that turns keep. What is over one gets a clear answer, never a hang. */
export interface TurnLimits {
  /** Messages that wait in one conversation; one more is refused with 429. @defaultValue 50 */
  maxQueued?: number;
  /** Turns that run at the same time in this process; the others wait. @defaultValue 256 */
  maxRunning?: number;
  /** Messages in this process, over all conversations; one more is refused with 503. @defaultValue 10,000 */
  maxWaiting?: number;
  /** How long a turn may run, in milliseconds. @defaultValue 60,000 */
  deadlineMs?: number;
  /** How long a live message waits for its turn, in milliseconds. @defaultValue 60,000 */
  maxWaitMs?: number;
  /**
   * How long a conversation waits for an assistant that does not heed its signal, in milliseconds,
   * before the next message is handled beside it. @defaultValue 5,000
   */
  abortGraceMs?: number;
}

const DEFAULTS: Required<TurnLimits> = {
  maxQueued: 50,
  maxRunning: 256,
  maxWaiting: 10_000,
  deadlineMs: 60_000,
  maxWaitMs: 60_000,
  abortGraceMs: 5_000,
};

/** Those that may be 0: nothing waits, nothing is waited for. */
const MAY_BE_ZERO = ['maxQueued', 'abortGraceMs', 'maxEntries', 'maxAgeMs', 'retryMs'];

/** The limits with their defaults, checked. @throws ConfigurationError */
export function resolveLimits(limits: TurnLimits = {}): Required<TurnLimits> {
  return wholeNumbers('turns', DEFAULTS, limits);
}

/** Options that are whole numbers, with their defaults. @throws ConfigurationError */
export function wholeNumbers<T extends { [K in keyof T]: number }>(
  group: string,
  defaults: T,
  options: Partial<T>,
): T {
  assertKnownOptions(options, Object.keys(defaults), { within: group });
  const resolved = { ...defaults, ...options };
  for (const [name, value] of Object.entries<number>(resolved)) {
    const minimum = MAY_BE_ZERO.includes(name) ? 0 : 1;
    if (!Number.isInteger(value) || value < minimum) {
      throw new ConfigurationError(
        `${group}.${name} must be a whole number of at least ${minimum}, and is ${String(value)}`,
      );
    }
  }
  return resolved;
}
