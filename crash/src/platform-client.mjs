import { DeliveryError } from '@trunkline/core';

/** How long the platform may take. */
const TIMEOUT_MS = 1_500;

/** A worker's way to the stub platform. */
export class PlatformClient {
  #url;
  #headers;

  /** @param {string} url @param {string} worker */
  constructor(url, worker) {
    this.#url = url;
    this.#headers = { 'content-type': 'application/json', 'x-worker': `${worker} ${process.pid}` };
  }

  /**
   * Sends a response to the user.
   * @param {{ conversation: string, text: string }} payload @param {string} key
   */
  async send(payload, key) {
    /** @type {Response} */
    let response;
    try {
      response = await fetch(`${this.#url}/messages`, {
        method: 'POST',
        headers: { ...this.#headers, 'idempotency-key': key },
        body: JSON.stringify(payload),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (response.ok) return await receiptOf(response);
    } catch (cause) {
      await this.note({ kind: 'broken', key });
      const options = { cause, channel: 'stub', retryable: true, mayHaveArrived: true };
      throw new DeliveryError('no answer', options);
    }
    throw refusal(response);
  }

  /** The receipt of a response, or `null` if it has not arrived. @param {string} key */
  async find(key) {
    const response = await fetch(`${this.#url}/messages/${encodeURIComponent(key)}`, {
      headers: this.#headers,
    });
    if (response.ok) return await receiptOf(response);
    if (response.status === 404) return null;
    throw refusal(response);
  }

  /** Tells what happens here. @param {Record<string, string | number>} event */
  async note(event) {
    const body = JSON.stringify(event);
    const response = await fetch(`${this.#url}/runs`, {
      method: 'POST',
      headers: this.#headers,
      body,
    });
    await response.arrayBuffer();
  }
}

/** @param {Response} response */
async function receiptOf(response) {
  // As platform.mjs answers.
  const { id } = /** @type {{ id: string }} */ (await response.json());
  return { id };
}

/** @param {Response} response */
function refusal(response) {
  void response.arrayBuffer();
  const seconds = response.headers.get('retry-after');
  return new DeliveryError(`refused with ${response.status}`, {
    channel: 'stub',
    retryable: true,
    retryAfterMs: seconds === null ? null : Number(seconds) * 1_000,
  });
}
