import type { JsonObject } from '../message/json.ts';

/** What the platform said to a send, as plain JSON: ids for later edits, a time stamp. May be empty. */
export type Receipt = JsonObject;

/**
 * Asks a platform whether a step arrived, and resolves to its receipt; `null` if it did not.
 *
 * @param key - What the step was sent with.
 * @param since - When its turn was taken over, in milliseconds since 1970 by the clock of the process that
 *   took it: nothing of it was sent before.
 */
export type WasSent = (key: string, since: number) => Promise<Receipt | null>;

/** One request to the platform. */
export interface DeliveryStep<P> {
  /** What is sent, as `render` made it. */
  payload: P;
  /** Makes the request. `key` is the same whenever this very step is tried again. */
  send: (payload: P, key: string) => Promise<Receipt>;
  /** Asks the platform whether a step arrived; `null` if it did not. */
  wasSent?: WasSent | undefined;
}

/** Takes the steps of one turn: straight to the platform, or by way of the journal. */
export interface Delivery {
  /** Takes one step, and resolves to the platform's receipt. */
  deliver<P>(step: DeliveryStep<P>): Promise<Receipt>;

  /**
   * Makes one call of a `send…` method. If nothing within it goes through {@link Delivery.deliver},
   * the call is itself a step.
   *
   * @param method - The method, as a channel has written it.
   */
  call(method: object, send: () => Promise<void>): Promise<void>;
}

/** Where an output channel keeps it: in a map beside, each look would be dearer, and each turn's garbage. */
const DELIVERY = Symbol('delivery');

interface Bound {
  [DELIVERY]?: Delivery | undefined;
}

/** The delivery of the turn that an output channel is in; `undefined` outside a turn. */
export function deliveryOf(output: object): Delivery | undefined {
  return (output as Bound)[DELIVERY];
}

/** Binds an output channel to a turn's delivery, or lets it go. For the turn engine. */
export function bindDelivery(output: object, delivery: Delivery | null): void {
  (output as Bound)[DELIVERY] = delivery ?? undefined;
}
