import { idOf, now, wait } from './script.mjs';

/** @typedef {import('./record.d.ts').Acknowledged} Acknowledged */

/** How long the platform waits for a worker to take a message. */
const TIMEOUT_MS = 5_000;

/** The part of all messages that the platform delivers again although they were acknowledged. */
const REPEATED = 0.05;

/** Who writes: says the next message when the one before was acknowledged, and repeats what was not. */
export class Users {
  /** @type {Acknowledged[]} */
  acknowledged = [];
  duplicates = 0;
  refusals = 0;
  worstRefusalMs = 0;

  #crew;
  #random;
  #signal;
  /** @type {((worker: string) => void) | null} */
  #onNext = null;

  /** @param {import('./crew.mjs').Crew} crew @param {import('./random.mjs').Random} random @param {AbortSignal} signal */
  constructor(crew, random, signal) {
    this.#crew = crew;
    this.#random = random;
    this.#signal = signal;
  }

  /** Resolves to a worker that is just being handed a message. @returns {Promise<string>} */
  next() {
    return new Promise((resolve) => {
      this.#onNext = resolve;
    });
  }

  /** Says some messages of a conversation. @param {string} conversation @param {number} from @param {number} to @param {number} paceMs */
  async talk(conversation, from, to, paceMs) {
    for (let n = from; n < to && !this.#signal.aborted; n++) {
      // Bursts and pauses, as people write.
      await wait(-Math.log(1 - this.#random.next()) * paceMs);
      await this.#say(conversation, n);
      if (!this.#random.chance(REPEATED)) continue;
      this.duplicates++;
      await this.#say(
        conversation,
        this.#random.chance(0.5) ? n : Math.floor(this.#random.between(0, n)),
      );
    }
  }

  /** Delivers a message until it is acknowledged. @param {string} conversation @param {number} n */
  async #say(conversation, n) {
    const id = idOf(conversation, n);
    while (!this.#signal.aborted) {
      const worker = await this.#crew.any();
      const startedAt = now();
      const posted = this.#post(worker.url, { sender: conversation, id, text: `message ${n}` });
      this.#onNext?.(worker.name);
      this.#onNext = null;
      const status = await posted;
      const at = now();
      if (status === 200) {
        const isNew = !this.acknowledged.some((message) => message.id === id);
        if (isNew) this.acknowledged.push({ at, worker: worker.name, conversation, id });
        return;
      }
      this.refusals++;
      if (status !== null) this.worstRefusalMs = Math.max(this.worstRefusalMs, at - startedAt);
      await wait(this.#random.between(20, 150));
    }
  }

  /** The status of the answer; `null` where there was none. @param {string} url @param {unknown} body */
  async #post(url, body) {
    try {
      const response = await fetch(`${url}/webhooks/stub/webhook`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return null;
    }
  }
}
