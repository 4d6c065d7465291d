import type { Delivery, DeliveryStep, Receipt } from '../channel/delivery.ts';

/** The delivery of a live turn: straight to the platform. It dies with the request. */
export class LiveDelivery implements Delivery {
  readonly #turnId: string;
  #steps = 0;
  #receipts: Receipt[] = [];

  constructor(turnId: string) {
    this.#turnId = turnId;
  }

  async deliver<P>({ payload, send }: DeliveryStep<P>): Promise<Receipt> {
    const key = `${this.#turnId}:${++this.#steps}`;
    const receipt = await send(payload, key);
    this.#receipts.push(receipt);
    return receipt;
  }

  /** The receipts since this was last asked. */
  takeReceipts(): Receipt[] {
    return this.#receipts.splice(0);
  }
}
