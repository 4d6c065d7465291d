// What a deferred turn over memory cannot do without, and nothing else: a mark, a queue a conversation,
// the message as JSON and back, an async context, texts with a record of each, the history. No limits,
// no retries, no ending from outside, no menus, no addresses, no sessions, no telemetry.
import { AsyncResource } from 'node:async_hooks';
import { UserMessage } from '@trunkline/core';

/** Turns whose history is kept, of a few entries each. */
const HISTORY_TURNS = 17;

/**
 * Says one text, and resolves to the platform's receipt.
 * @callback Send
 * @param {{ recipientId: string, text: string }} payload
 * @returns {Promise<object>}
 */

/**
 * Answers a message.
 * @callback Answer
 * @param {UserMessage} message
 * @param {{ text(text: string): Promise<unknown> }} reply
 * @returns {Promise<void>}
 */

/** @typedef {{ begin: () => void, context: AsyncResource }} Start */

/** The least of an engine of turns. */
export class BareTurns {
  /** @type {Map<string, number>} */
  #marks = new Map();
  /** @type {Map<string, string[]>} */
  #queues = new Map();
  /** @type {Map<string, string[]>} */
  #histories = new Map();
  /** @type {Start[]} */
  #starts = [];
  #answer;
  #send;
  #onEnd;

  /** @param {{ answer: Answer, send: Send, onEnd?: () => void }} parts */
  constructor({ answer, send, onEnd = () => {} }) {
    this.#answer = answer;
    this.#send = send;
    this.#onEnd = onEnd;
  }

  /** Takes a message over, and answers it after those of its conversation. @param {UserMessage} message */
  async accept({ text, senderId, messageId, address }) {
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
    this.#onEnd();
  }

  /** @param {string} key @param {string} said */
  #remember(key, said) {
    const history = this.#histories.get(key);
    if (history === undefined) this.#histories.set(key, [said]);
    else if (history.push(said) > HISTORY_TURNS) history.shift();
  }
}
