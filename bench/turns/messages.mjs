// What is handed over: the same messages to every target, each of a conversation picked at random.

export const PRODUCERS = 32;
export const CONVERSATIONS = 1_000;

/** Messages, one after the other, each with an id of its own. */
export class Messages {
  #count = 0;
  #random = 1;

  /** The next one, of a conversation picked at random: some find another one of theirs under way. */
  next() {
    // The same in every run: the quick generator of Numerical Recipes.
    this.#random = (Math.imul(this.#random, 1_664_525) + 1_013_904_223) >>> 0;
    return messageOf(Math.floor((this.#random / 2 ** 32) * CONVERSATIONS), this.#count++);
  }

  /** The next one, of the conversation whose turn it is. */
  inTurn() {
    return messageOf(this.#count % CONVERSATIONS, this.#count++);
  }
}

/**
 * What a `UserMessage` is made of, and what a bare queue stores as it is.
 * @param {number} conversation
 * @param {number} number
 */
export function messageOf(conversation, number) {
  const senderId = `user-${conversation}`;
  return {
    text: `where is my order number ${number}?`,
    senderId,
    messageId: `${process.pid}-${number}`,
    address: { team: 'T024BE7LD', channel: 'C1H9RESGL', user: senderId },
  };
}

/**
 * Has producers hand messages over, each one after the other, until there is nothing more to do.
 * @param {() => boolean} isMore - Asked before each message.
 * @param {() => Promise<unknown>} accept - Hands the next message over.
 * @returns {Promise<number[]>} How long each took, in milliseconds.
 */
export async function produce(isMore, accept) {
  /** @type {number[]} */
  const latenciesMs = [];
  const producer = async () => {
    while (isMore()) {
      const startedAt = performance.now();
      await accept();
      latenciesMs.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: PRODUCERS }, producer));
  return latenciesMs;
}
