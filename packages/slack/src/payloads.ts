import { isJsonObject, type ChannelStore } from '@trunkline/core';
import type { KeptPayload } from './render/payload-keys.ts';

const NAMESPACE = 'payloads';

/** How long a button with a long payload works: 90 days. */
const TTL_MS = 90 * 24 * 60 * 60 * 1000;

/** Payloads of buttons that are longer than Slack takes: it is given their keys. */
export class Payloads {
  readonly #store: ChannelStore;

  constructor(store: ChannelStore) {
    this.#store = store;
  }

  /** Keeps what a message refers to by its keys, before it is sent. */
  async keep(payloads: readonly KeptPayload[]): Promise<void> {
    const { values } = this.#store;
    await Promise.all(
      payloads.map(async ({ key, payload, title }) =>
        values.set(NAMESPACE, key, { payload, title }, { ttlMs: TTL_MS }),
      ),
    );
  }

  /** What a key stands for; `null` if it is not known any more. */
  async find(key: string): Promise<{ payload: string; title: string } | null> {
    const value = (await this.#store.values.get(NAMESPACE, key))?.value;
    if (!isJsonObject(value)) return null;
    const { payload, title } = value;
    if (typeof payload !== 'string' || typeof title !== 'string') return null;
    return { payload, title };
  }
}
