import type { BotMessage, Clock, JsonObject, Reply, Sent } from '@trunkline/core';
import { toResponse } from './responses.ts';
import { TokenJoiner, type TokenMode, type Utterance } from './tokens.ts';

/** What {@link say} works with. */
export interface SayOptions {
  reply: Pick<Reply, 'response' | 'stream'>;
  tokens: TokenMode;
  clock: Clock;
}

/**
 * Says Rasa's messages as they arrive, and resolves to how many there were. Where they end in an
 * error, what has arrived is said before it is thrown.
 */
export async function say(
  messages: AsyncIterable<JsonObject>,
  { reply, tokens, clock }: SayOptions,
): Promise<number> {
  const joiner = new TokenJoiner(tokens);
  const voice = new Voice(reply);
  const iterator = messages[Symbol.asyncIterator]();
  let count = 0;
  let next = iterator.next();
  try {
    for (;;) {
      const { patienceMs } = joiner;
      const message = await (patienceMs === null ? next : orQuiet(next, clock, patienceMs));
      if (message === QUIET) {
        await voice.utter(joiner.end());
        continue;
      }
      if (message.done === true) break;
      const response = toResponse(message.value);
      if (response !== null) {
        count++;
        await voice.utter(joiner.hear(response));
      }
      next = iterator.next();
    }
  } catch (error) {
    // Not awaited: it may wait for Rasa.
    iterator.return?.().catch(() => {});
    await voice.utter(joiner.end()).catch(() => voice.hangUp());
    throw error;
  }
  await voice.utter(joiner.end());
  return count;
}

/** Says utterances, one after the other. */
class Voice {
  readonly #reply: SayOptions['reply'];
  #stream: { writer: WritableStreamDefaultWriter<string>; sent: Promise<Sent> } | null = null;

  constructor(reply: SayOptions['reply']) {
    this.#reply = reply;
  }

  async utter(utterances: readonly Utterance[]): Promise<void> {
    for (const utterance of utterances) {
      if (utterance.kind === 'response') await this.#respond(utterance.response);
      else if (utterance.kind === 'chunk') await this.#write(utterance.text);
      else await this.#end();
    }
  }

  /** Ends a stream that could not be ended in good order. */
  hangUp(): void {
    this.#stream?.writer.abort().catch(() => {});
    this.#stream = null;
  }

  async #respond(response: BotMessage): Promise<void> {
    await this.#reply.response(response);
  }

  async #write(text: string): Promise<void> {
    if (this.#stream === null) {
      const { readable, writable } = new TransformStream<string, string>();
      const sent = this.#reply.stream(readable);
      // Awaited at the end; until then nobody may be there to see it fail.
      sent.catch(() => {});
      this.#stream = { writer: writable.getWriter(), sent };
    }
    const { writer, sent } = this.#stream;
    // A stream that has failed takes nothing more: its error is the one to be known.
    await Promise.race([writer.write(text).catch(() => sent), sent]);
  }

  async #end(): Promise<void> {
    if (this.#stream === null) return;
    const { writer, sent } = this.#stream;
    this.#stream = null;
    writer.close().catch(() => {});
    await sent;
  }
}

const QUIET = Symbol('quiet');

async function orQuiet<T>(next: Promise<T>, clock: Clock, ms: number): Promise<T | typeof QUIET> {
  let cancel = (): void => {};
  const quiet = new Promise<typeof QUIET>((resolve) => {
    cancel = clock.after(ms, () => resolve(QUIET));
  });
  try {
    return await Promise.race([next, quiet]);
  } finally {
    cancel();
  }
}
