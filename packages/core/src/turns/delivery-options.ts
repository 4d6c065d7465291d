import { ConfigurationError } from '../errors.ts';
import { wholeNumbers } from './limits.ts';

/** How deferred turns deal with a platform that cannot be reached, and with crashes. */
export interface DeliveryOptions {
  /** How often a response, or the run of a turn, is tried before the turn is a dead letter. @defaultValue 6 */
  attempts?: number;
  /** How long `await reply.text()` retries before the response is parked, in milliseconds. @defaultValue 10,000 */
  retryMs?: number;
  /** How long a parked turn waits first, in milliseconds; four times as long after each attempt. @defaultValue 10,000 */
  firstDelayMs?: number;
  /** How long it waits at most, in milliseconds, unless the platform asks for more, a day at most. @defaultValue 1 hour */
  maxDelayMs?: number;
  /** How long a message counts as delivered before, in milliseconds. @defaultValue 48 hours */
  markTtlMs?: number;
  /**
   * What to think of a request that was under way when its process died, or that broke off, where
   * the platform cannot be asked: `assume-sent` may lose that one request, `resend` may repeat it.
   *
   * @defaultValue `resend`
   */
  whenUnknown?: 'assume-sent' | 'resend';
}

const HOUR_MS = 60 * 60 * 1000;

const NUMBERS = {
  attempts: 6,
  retryMs: 10_000,
  firstDelayMs: 10_000,
  maxDelayMs: HOUR_MS,
  markTtlMs: 48 * HOUR_MS,
};

/** The options with their defaults, checked. @throws ConfigurationError */
export function resolveDelivery(options: DeliveryOptions = {}): Required<DeliveryOptions> {
  const { whenUnknown = 'resend', ...numbers } = options;
  if (whenUnknown !== 'resend' && whenUnknown !== 'assume-sent') {
    throw new ConfigurationError(
      `delivery.whenUnknown must be "assume-sent" or "resend", and is ${String(whenUnknown)}`,
    );
  }
  return { ...wholeNumbers('delivery', NUMBERS, numbers), whenUnknown };
}

/** How much a delay is varied, so that not everybody comes back at the same moment. */
const JITTER = 0.2;

/** The delay before try `n`, which begins at 1: growing by `factor`, bounded, varied. */
export function backOff(
  n: number,
  { firstMs, factor, maxMs }: { firstMs: number; factor: number; maxMs: number },
): number {
  const delay = Math.min(maxMs, firstMs * factor ** (n - 1));
  return Math.round(delay * (1 + JITTER * (Math.random() * 2 - 1)));
}

/** The longest delay, where it is bounded by `maxMs`. */
export function longest(maxMs: number): number {
  return Math.ceil(maxMs * (1 + JITTER));
}
