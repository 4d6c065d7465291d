import type { DeliveryStep, Receipt } from '../channel/delivery.ts';
import type { Pending } from './progress.ts';
import { NO_RECEIPTS, type StreamDelivery, type TurnDelivery } from './turn-delivery.ts';

/** The delivery of a live turn: straight to the platform. It dies with the request. */
export class LiveDelivery implements TurnDelivery {
  readonly isParked = false;
  readonly isRepeated = false;

  readonly #turnId: string;
  #steps = 0;
  #receipts: Receipt[] = [];

  constructor(turnId: string) {
    this.#turnId = turnId;
  }

  deliver<P>({ payload, send }: DeliveryStep<P>): Promise<Receipt> {
    const key = `${this.#turnId}:${++this.#steps}`;
    return send(payload, key).then((receipt) => {
      this.#receipts.push(receipt);
      return receipt;
    });
  }

  call(_method: object, send: () => Promise<void>): Promise<void> {
    return send();
  }

  say(_pending: Pending, send: () => Promise<void>): Promise<'sent'> {
    return send().then(() => 'sent');
  }

  openStream(): StreamDelivery {
    return LIVE_STREAM;
  }

  closeStreams(): void {}

  aside(send: () => Promise<void>): Promise<void> {
    return send();
  }

  takeReceipts(): readonly Receipt[] {
    const receipts = this.#receipts;
    if (receipts.length === 0) return NO_RECEIPTS;
    this.#receipts = [];
    return receipts;
  }
}

const LIVE_STREAM: StreamDelivery = {
  isShown: false,
  interrupted: null,
  piece: (send, chunk) => send(chunk),
  end: async () => true,
  fail: async () => {},
};
