// What a deferred turn over memory cannot do without, and nothing else: a mark, a queue a conversation,
// the message as JSON and back, an async context, two texts with a record of each, the history. No
// limits, no retries, no ending from outside, no menus, no addresses, no sessions, no telemetry.
import { AsyncResource } from 'node:async_hooks';
import { UserMessage } from '@trunkline/core';
import { MOST_UNFINISHED } from './bench-line.mjs';
import { Messages, produce } from './messages.mjs';
import { Meter } from './meter.mjs';

/** What the platform says to each of the two texts. */
const RECEIPT = { ts: '1503435956.000247' };

/** Turns whose history is kept, of three entries each. */
const HISTORY_TURNS = 17;

/** @typedef {{ begin: () => void, context: AsyncResource }} Start */

/** The least of a line. */
export class BareLine {
  #messages = new Messages();
  /** @type {Map<string, number>} */
  #marks = new Map();
  /** @type {Map<string, string[]>} */
  #queues = new Map();
  /** @type {Map<string, string[]>} */
  #histories = new Map();
  /** @type {Start[]} */
  #starts = [];
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
          await this.#accept(new UserMessage(this.#messages.next()));
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

  /** @param {UserMessage} message */
  async #accept({ text, senderId, messageId, address }) {
    this.#unfinished++;
    this.#accepted++;
    this.#acceptedAt.set(messageId, performance.now());
    const key = `bench:${senderId}`;
    const mark = `${key}:${messageId}`;
    if (this.#marks.has(mark)) throw new Error('a message came twice');
    this.#marks.set(mark, Date.now());
    const stored = { message: { text, senderId, messageId, address }, key, at: Date.now() };
    const json = JSON.stringify(stored);
    const queue = this.#queues.get(key) ?? [];
    if (queue.push(json) > 1) return;
    this.#queues.set(key, queue);
    this.#soon(() => void this.#drain(key, queue));
  }

  /** @param {() => void} begin */
  #soon(begin) {
    const isFirst = this.#starts.push({ begin, context: new AsyncResource('BareTurn') }) === 1;
    if (!isFirst) return;
    setImmediate(() => {
      for (const start of this.#starts.splice(0)) start.context.runInAsyncScope(start.begin);
    });
  }

  /** @param {string} key @param {string[]} queue */
  async #drain(key, queue) {
    for (let json = queue[0]; json !== undefined; json = queue[0]) {
      await this.#run(key, json);
      queue.shift();
    }
    this.#queues.delete(key);
  }

  /** @param {string} key @param {string} json */
  async #run(key, json) {
    const { message, at } = JSON.parse(json);
    const received = new UserMessage(message);
    const said = [{ role: 'user', text: received.text ?? '', at }];
    /** @type {object[]} */
    const steps = [];
    const reply = {
      text: async (/** @type {string} */ text) => {
        steps.push({ state: 'begun', kind: 'request' });
        const receipt = await this.#send({ recipientId: received.senderId, text });
        steps[steps.length - 1] = { state: 'done', kind: 'request', receipts: [receipt] };
        said.push({ role: 'assistant', text, at: Date.now() });
        return { status: 'sent', receipts: [receipt] };
      },
    };
    await this.#answer(received, reply);
    this.#remember(key, JSON.stringify(said));
    this.#unfinished--;
    this.#whenEnded.shift()?.();
  }

  /** @param {UserMessage} message @param {{ text(text: string): Promise<unknown> }} reply */
  async #answer({ text, messageId }, reply) {
    const acceptedAt = this.#acceptedAt.get(messageId) ?? Number.NaN;
    this.#startLatenciesMs.push(performance.now() - acceptedAt);
    this.#acceptedAt.delete(messageId);
    await reply.text(`You said: ${text}`);
    await reply.text('Is there anything else that I can do for you?');
  }

  /** @param {object} _payload */
  async #send(_payload) {
    this.#sent++;
    return RECEIPT;
  }

  /** @param {string} key @param {string} said */
  #remember(key, said) {
    const history = this.#histories.get(key);
    if (history === undefined) this.#histories.set(key, [said]);
    else if (history.push(said) > HISTORY_TURNS) history.shift();
  }
}
