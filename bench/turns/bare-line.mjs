// The least of a line, handed what the others are handed.
import { UserMessage } from '@trunkline/core';
import { BareTurns } from '../harness/bare-turns.mjs';
import { MOST_UNFINISHED } from './bench-line.mjs';
import { Messages, produce } from './messages.mjs';
import { Meter } from './meter.mjs';

/** What the platform says to each of the two texts. */
const RECEIPT = { ts: '1503435956.000247' };

/** Bare turns, and what is known of them. */
export class BareLine {
  #messages = new Messages();
  #turns = new BareTurns({
    answer: (message, reply) => this.#answer(message, reply),
    send: async () => {
      this.#sent++;
      return RECEIPT;
    },
    onEnd: () => {
      this.#unfinished--;
      this.#whenEnded.shift()?.();
    },
  });
  #unfinished = 0;
  /** @type {(() => void)[]} */
  #whenEnded = [];
  /** @type {number[]} */
  #startLatenciesMs = [];
  /** @type {Map<string, number>} */
  #acceptedAt = new Map();
  #accepted = 0;
  #sent = 0;

  /** Whole turns, as fast as they go. */
  async saturated(/** @type {number} */ durationMs) {
    const endsAt = performance.now() + durationMs;
    const meter = new Meter();
    this.#startLatenciesMs = [];
    await meter.measure(async () => {
      await produce(
        () => performance.now() < endsAt,
        async () => {
          await this.#room(MOST_UNFINISHED);
          const message = new UserMessage(this.#messages.next());
          this.#unfinished++;
          this.#accepted++;
          this.#acceptedAt.set(message.messageId, performance.now());
          await this.#turns.accept(message);
        },
      );
      await this.#room(1);
      return this.#startLatenciesMs;
    });
    if (this.#sent !== 2 * this.#accepted) throw new Error('a text is missing, or one too many');
    return meter.figures();
  }

  async #room(/** @type {number} */ most) {
    while (this.#unfinished >= most) {
      await new Promise((resolve) => this.#whenEnded.push(() => resolve(undefined)));
    }
  }

  /** @type {import('../harness/bare-turns.mjs').Answer} */
  async #answer({ text, messageId }, reply) {
    const acceptedAt = this.#acceptedAt.get(messageId) ?? Number.NaN;
    this.#startLatenciesMs.push(performance.now() - acceptedAt);
    this.#acceptedAt.delete(messageId);
    await reply.text(`You said: ${text}`);
    await reply.text('Is there anything else that I can do for you?');
  }
}
