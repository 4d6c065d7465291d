import { randomUUID } from 'node:crypto';
import type { Delivery, DeliveryStep, Receipt } from '../channel/delivery.ts';
import { DeliveryError } from '../errors.ts';

/** How long the platform may take to close a stream before it counts as away, in milliseconds. */
export const CLOSE_MS = 5_000;

/** The delivery of requests that are no steps of their turn, and are named after it all the same. */
export class AsideDelivery implements Delivery {
  readonly #turnId: string;

  constructor(turnId: string) {
    this.#turnId = turnId;
  }

  deliver<P>({ payload, send }: DeliveryStep<P>): Promise<Receipt> {
    return send(payload, asideKey(this.#turnId));
  }

  call(_method: object, send: () => Promise<void>): Promise<void> {
    return send();
  }
}

/** A key of its own: a platform that knows keys must not take it for what an earlier try has made aside. */
export function asideKey(turnId: string): string {
  return `${turnId}.${randomUUID()}`;
}

/** It has taken longer. */
export function closeIsLate(): DeliveryError {
  const text = `the platform has not closed a stream within ${CLOSE_MS} ms`;
  return new DeliveryError(text, { retryable: true, mayHaveArrived: true });
}
