import { idOf, isProactive, now, proactiveIdOf, textsOf, wait } from './script.mjs';

/** @typedef {import('./record.d.ts').Acknowledged} Acknowledged */

/** How long the platform waits for a worker to take a message. */
const TIMEOUT_MS = 5_000;

/** The part of all messages that the platform delivers again although they were acknowledged. */
const REPEATED = 0.05;

/** How many messages nobody has asked for, as a part of all others. */
const PROACTIVE = 0.1;

/**
 * Who writes: says the next message when the one before was acknowledged, and repeats what was not. And who
 * has something said that nobody has asked for, in between.
 */
export class Users {
  /** @type {Acknowledged[]} */
  acknowledged = [];
  duplicates = 0;
  refusals = 0;
  /** How long the slowest answer took that was a refusal. */
  worstRefusalMs = { accept: 0, send: 0 };

  #crew;
  #random;
  #signal;
  /** Who waits for the next message of a kind. @type {Map<'accept' | 'send', (worker: string) => void>} */
  #waiting = new Map();
  /** How many messages each conversation was sent that nobody has asked for. @type {Map<string, number>} */
  #sent = new Map();

  /** @param {import('./crew.mjs').Crew} crew @param {import('./random.mjs').Random} random @param {AbortSignal} signal */
  constructor(crew, random, signal) {
    this.#crew = crew;
    this.#random = random;
    this.#signal = signal;
  }

  /**
   * Resolves to a worker that is just being handed a message, or one that nobody has asked for.
   * @param {'accept' | 'send'} moment @returns {Promise<string>}
   */
  next(moment) {
    return new Promise((resolve) => this.#waiting.set(moment, resolve));
  }

  /** Says some messages of a conversation. @param {string} conversation @param {number} from @param {number} to @param {number} paceMs */
  async talk(conversation, from, to, paceMs) {
    for (let n = from; n < to && !this.#signal.aborted; n++) {
      // Bursts and pauses, as people write.
      await wait(-Math.log(1 - this.#random.next()) * paceMs);
      // Ahead of it: the run is over with the last message of each conversation.
      if (n > 0 && this.#random.chance(PROACTIVE)) await this.#remind(conversation);
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
    const body = { sender: conversation, id, text: `message ${n}` };
    await this.#deliver({ conversation, id }, '/webhooks/stub/webhook', body);
  }

  /** Has a worker say what nobody has asked for; at times again, with the same key. @param {string} conversation */
  async #remind(conversation) {
    const n = this.#sent.get(conversation) ?? 0;
    this.#sent.set(conversation, n + 1);
    const id = proactiveIdOf(conversation, n);
    const [text] = textsOf(id);
    const times = this.#random.chance(0.5) ? 2 : 1;
    for (let i = 0; i < times; i++) {
      await this.#deliver({ conversation, id }, '/send', { conversation, id, text });
    }
    this.duplicates += times - 1;
  }

  /**
   * Posts a message until it is acknowledged.
   * @param {Pick<Acknowledged, 'conversation' | 'id'>} message @param {string} path @param {unknown} body
   */
  async #deliver({ conversation, id }, path, body) {
    const moment = isProactive(id) ? 'send' : 'accept';
    while (!this.#signal.aborted) {
      const worker = await this.#crew.any();
      const startedAt = now();
      const posted = this.#post(worker.url + path, body);
      this.#waiting.get(moment)?.(worker.name);
      this.#waiting.delete(moment);
      const status = await posted;
      const at = now();
      if (status === 200) {
        const isNew = !this.acknowledged.some((message) => message.id === id);
        if (isNew) this.acknowledged.push({ at, worker: worker.name, conversation, id });
        return;
      }
      this.refusals++;
      if (status !== null) {
        this.worstRefusalMs[moment] = Math.max(this.worstRefusalMs[moment], at - startedAt);
      }
      await wait(this.#random.between(20, 150));
    }
  }

  /** The status of the answer; `null` where there was none. @param {string} url @param {unknown} body */
  async #post(url, body) {
    try {
      const response = await fetch(url, {
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
