import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  InputChannel,
  isJsonObject,
  MalformedPayloadError,
  OverloadedError,
  ProactiveError,
  readJson,
  sendJson,
  sendProblem,
  sendText,
  type BotMessage,
  type Route,
  type Turns,
} from '@trunkline/core';
import {
  resolveCallbackOptions,
  type RasaCallbackOptions,
  type ResolvedCallbackOptions,
} from './callback-options.ts';
import { RasaError } from './errors.ts';
import { pause } from './pause.ts';
import { parsePythonJson } from './python-json.ts';
import { toResponse } from './responses.ts';
import { verifyRasa } from './verify.ts';

const BODY_LIMIT_BYTES = 1024 * 1024;

/** How long after each try a store that could not take a message is asked again. */
const RETRY_DELAYS_MS = [200, 1_000, 4_000];

/** At most so long: Rasa's conversation waits meanwhile. */
const MAX_RETRY_DELAY_MS = 10_000;

/** Says something in a turn. */
export type SayInTurn = (response: BotMessage) => Promise<unknown>;

/**
 * Where Rasa's `callback` channel posts what its bot says of itself: reminders, `trigger_intent`,
 * what an operator writes. Each response goes on to the channel of its conversation, and waits there
 * in the store if it has to.
 *
 * ```ts
 * import { Trunkline } from '@trunkline/core';
 * import { RasaAssistant, RasaCallback } from '@trunkline/rasa';
 *
 * const line = new Trunkline({
 *   channels: [new RasaCallback({ secret: 'of32charactersFromAGenerator1234' })],
 *   assistant: new RasaAssistant({ url: 'http://localhost:5005' }),
 * });
 * ```
 *
 * @see Rasa: Your Own Website, "CallbackInput"
 */
export class RasaCallback extends InputChannel {
  override readonly name: string;
  readonly #options: ResolvedCallbackOptions;
  readonly #openTurns = new Map<string, SayInTurn[]>();

  /** @throws ConfigurationError - an option is missing, unknown or malformed. */
  constructor(options: RasaCallbackOptions) {
    super();
    this.#options = resolveCallbackOptions(options);
    this.name = this.#options.name;
  }

  /** Takes the options as they are. */
  static override fromCredentials(credentials: unknown): RasaCallback {
    // Checked by resolveCallbackOptions, key by key.
    return new RasaCallback(credentials as RasaCallbackOptions);
  }

  override routes(turns: Turns): Route[] {
    return [
      { method: 'GET', path: '/', handle: (_req, res) => sendJson(res, 200, { status: 'ok' }) },
      { method: 'POST', path: '/webhook', handle: (req, res) => this.#receive(turns, req, res) },
    ];
  }

  /**
   * Until the returned function is called, what Rasa says in a conversation is said in its turn. Of
   * several turns it is the oldest: Rasa answers a conversation's messages one after the other.
   * For `RasaAssistant`.
   *
   * @param rasaSenderId - What the conversation is called in Rasa.
   * @param say - Says it.
   */
  during(rasaSenderId: string, say: SayInTurn): () => void {
    this.#openTurns.set(rasaSenderId, [...(this.#openTurns.get(rasaSenderId) ?? []), say]);
    return () => {
      const others = (this.#openTurns.get(rasaSenderId) ?? []).filter((each) => each !== say);
      if (others.length > 0) this.#openTurns.set(rasaSenderId, others);
      else this.#openTurns.delete(rasaSenderId);
    };
  }

  async #receive(turns: Turns, req: IncomingMessage, res: ServerResponse): Promise<void> {
    verifyRasa(this.name, req, this.#options.secrets);
    const { name: channel } = this;
    const reading = { channel, limitBytes: BODY_LIMIT_BYTES, parse: parsePythonJson };
    const body = await readJson(req, reading);
    const { recipientId, response } = this.#parse(body);
    const sayInTurn = this.#openTurns.get(recipientId)?.[0];
    if (response !== null && sayInTurn !== undefined) {
      // A failure is the turn's, which reports it.
      const isSaid = await sayInTurn(response).then(
        () => true,
        () => false,
      );
      if (!isSaid) {
        const detail = 'the response could not be said in its turn; the log says why';
        sendProblem(res, { status: 500, code: 'not_said', detail });
        return;
      }
    } else if (response !== null) {
      await this.#send(turns, recipientId, response);
    }
    sendText(res, 200, 'text/plain', 'success');
  }

  #parse(body: unknown): { recipientId: string; response: BotMessage | null } {
    const malformed = (message: string, cause?: unknown): MalformedPayloadError =>
      new MalformedPayloadError(message, { channel: this.name, cause });
    if (!isJsonObject(body)) throw malformed('the body must be one of Rasa’s messages');
    const { recipient_id: recipientId } = body;
    if (typeof recipientId !== 'string') throw malformed('"recipient_id" must be a text');
    try {
      return { recipientId, response: toResponse(body) };
    } catch (error) {
      if (!(error instanceof RasaError)) throw error;
      throw malformed('the body is none of Rasa’s messages', error);
    }
  }

  async #send(turns: Turns, recipientId: string, response: BotMessage): Promise<void> {
    const conversation = this.#options.senderIds.fromRasa(recipientId);
    if (conversation === null) {
      throw new ProactiveError('"recipient_id" is no conversation of this line', {
        channel: this.name,
        status: 404,
        code: 'unknown_conversation',
      });
    }
    const { channel, account, senderId } = conversation;
    const place = channel === 'latest' ? { channel } : { channel, account };
    // Rasa numbers nothing: the key is for our own further tries.
    const options = { ...place, idempotencyKey: randomUUID() };
    await this.#patiently(() => turns.send(senderId, response, options));
  }

  /** Rasa does not come again, whatever it is answered: a store that is away is waited for. */
  async #patiently(send: () => Promise<unknown>): Promise<void> {
    for (const delayMs of [...RETRY_DELAYS_MS, null]) {
      try {
        await send();
        return;
      } catch (error) {
        const isRefused = error instanceof ProactiveError || error instanceof MalformedPayloadError;
        if (isRefused || delayMs === null) throw error;
        const askedMs = error instanceof OverloadedError ? error.retryAfterMs : 0;
        const waitMs = Math.min(Math.max(delayMs, askedMs), MAX_RETRY_DELAY_MS);
        await pause(this.#options.clock, waitMs);
      }
    }
  }
}
