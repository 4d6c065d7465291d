import type { TrackerState } from '../channel/output-channel.ts';
import type { MaybePromise } from '../maybe-promise.ts';
import type {
  Attachment,
  BotMessage,
  Button,
  Element,
  Extra,
  QuickReply,
} from '../message/bot-message.ts';
import { checkResponse } from '../message/check-response.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../message/json.ts';
import type { Responses } from '../responses/responses.ts';
import { utterance } from '../responses/utterance.ts';
import type { Slots } from '../responses/variation.ts';
import { gather } from './gather.ts';
import type { HistoryEntry } from './history.ts';
import type { Reply, Sent } from './reply.ts';
import { NOTHING_SENT, ResponseSender, type ResponseSenderOptions } from './response-sender.ts';
import { SendQueue } from './send-queue.ts';
import { closeInterrupted, showStream } from './show-stream.ts';

/** What a {@link TurnReply} works with. */
export interface TurnReplyOptions extends ResponseSenderOptions {
  state: JsonObject;
  history: (count: number) => MaybePromise<HistoryEntry[]>;
  /** The templates that there are. */
  responses: Responses | null;
}

/** The reply of one turn. */
export class TurnReply implements Reply {
  state: JsonObject;

  readonly #options: TurnReplyOptions;
  readonly #sender: ResponseSender;
  readonly #queue: SendQueue;
  #openStream: Promise<unknown> = Promise.resolve();
  #isStreaming = false;
  #thrownByProducers: Set<unknown> | null = null;
  #isOver = false;

  constructor(options: TurnReplyOptions) {
    this.#options = options;
    this.state = options.state;
    this.#sender = new ResponseSender(options);
    this.#queue = new SendQueue({
      // What a failed send before this one left behind is nobody's.
      onStart: () => void options.delivery.takeReceipts(),
      onFailed: (error) => this.#reportError(error),
    });
  }

  get channel(): string {
    return this.#options.channel;
  }

  get signal(): AbortSignal {
    return this.#options.abort.signal;
  }

  get trackerState(): TrackerState | null {
    return this.#sender.trackerState ?? this.#options.output.trackerState;
  }

  set trackerState(state: TrackerState | null) {
    this.#sender.trackerState = state;
  }

  text(text: string, extra?: Extra): Promise<Sent> {
    return this.#respond({ ...extra, text });
  }

  image(image: string, extra?: Extra): Promise<Sent> {
    return this.#respond({ ...extra, image });
  }

  attachment(attachment: Attachment, extra?: Extra): Promise<Sent> {
    return this.#respond({ ...extra, attachment });
  }

  buttons(text: string, buttons: readonly Button[], extra?: Extra): Promise<Sent> {
    return this.#respond({ ...extra, text, buttons });
  }

  quickReplies(text: string, quickReplies: readonly QuickReply[], extra?: Extra): Promise<Sent> {
    return this.#respond({ ...extra, text, quickReplies });
  }

  elements(elements: readonly Element[], extra?: Extra): Promise<Sent> {
    return this.#respond({ ...extra, elements });
  }

  custom(custom: JsonValue, extra?: Extra): Promise<Sent> {
    return this.#respond({ ...extra, custom });
  }

  utter(name: string, slots: Slots = {}): Promise<Sent> {
    return this.#say(async () => {
      const { responses, channel, output } = this.#options;
      const state = await this.#sender.stateNow();
      const trackerState = typeof state === 'function' ? state() : state;
      return this.#sender.send(
        utterance(responses, name, { channel, output, trackerState, slots }),
      );
    });
  }

  response(response: BotMessage): Promise<Sent> {
    // As it is now: it may have to wait, and whoever does not await it may go on with the object.
    return this.#respond(isJsonObject(response) ? { ...response } : response);
  }

  stream(chunks: AsyncIterable<string>, extra: Extra = {}): Promise<Sent> {
    if (this.#isOver) return this.#refuse(afterTheEnd());
    if (this.#isStreaming) return this.#refuse(secondStream());
    this.#isStreaming = true;
    const sent = this.#stream(chunks, extra).finally(() => (this.#isStreaming = false));
    this.#openStream = sent.catch((error) => this.#reportError(error));
    return sent;
  }

  async typing(): Promise<void> {
    const { output, recipientId, telemetry, channel, abort } = this.#options;
    if (abort.reason !== null) return;
    try {
      await output.sendTyping(recipientId);
    } catch (error) {
      telemetry.logger.debug({ channel, err: error }, 'the typing indicator could not be shown');
    }
  }

  async history(count: number): Promise<HistoryEntry[]> {
    return await this.#options.history(count);
  }

  /** Resolves when everything was sent or has failed, also what is said meanwhile. Then it is over. */
  end(): MaybePromise<void> {
    if (!this.#queue.isIdle || this.#isStreaming) return this.#ending();
    this.#isOver = true;
  }

  async #ending(): Promise<void> {
    let seen: Promise<unknown>[] = [];
    while (seen[0] !== this.#queue.tail || seen[1] !== this.#openStream) {
      seen = [this.#queue.tail, this.#openStream];
      await Promise.all(seen);
    }
    this.#isOver = true;
  }

  #respond(response: BotMessage): Promise<Sent> {
    return this.#say(() => {
      checkResponse(response);
      return this.#sender.send(response);
    });
  }

  #say(send: () => Promise<Sent>): Promise<Sent> {
    if (this.#isOver) return this.#refuse(afterTheEnd());
    return this.#queue.add(() => {
      const { abort } = this.#options;
      if (abort.reason !== null) throw abort.reason;
      return send();
    });
  }

  /** A rejection that need not be awaited. */
  #refuse(error: Error): Promise<never> {
    this.#reportError(error);
    const refused = Promise.reject(error);
    refused.catch(() => {});
    return refused;
  }

  #reportError(error: unknown): void {
    const { telemetry, channel, abort } = this.#options;
    const stage = this.#thrownByProducers?.has(error) === true ? 'assistant' : 'send';
    if (!abort.isReason(error)) telemetry.error(error, { channel, stage }, abort);
  }

  async #stream(chunks: AsyncIterable<string>, extra: Extra): Promise<Sent> {
    const { output, delivery, recipientId, transforms, onSaid } = this.#options;
    const isUnseen = transforms.every(({ passStreams }) => passStreams);
    const onThrown = (error: unknown): void =>
      void (this.#thrownByProducers ??= new Set()).add(error);
    const sayWhole = async (): Promise<Sent> => {
      const text = await gather(chunks, this.signal, undefined, onThrown);
      return text === ''
        ? NOTHING_SENT
        : this.#say(() => this.#sender.send({ ...extra, text }, isUnseen));
    };
    if (!output.supportsStreaming || !isUnseen || delivery.isParked) return await sayWhole();
    const queue = this.#queue;
    const stream = await queue.add(async () => delivery.openStream());
    if (stream.isShown) {
      onSaid(await gather(chunks, this.signal, undefined, onThrown));
      return { status: 'sent', receipts: [] };
    }
    const to = { output, recipientId, extra, delivery, stream, queue };
    const options = { ...to, signal: this.signal, onThrown };
    await closeInterrupted(options);
    if (delivery.isParked) return await sayWhole();
    output.trackerState = await this.#sender.stateNow();
    const { text, receipts } = await this.#sender.report('stream', () =>
      showStream(chunks, options),
    );
    const isShown = await queue.add(() => stream.end());
    if (!isShown) return await this.#say(() => this.#sender.deliver({ ...extra, text }, text));
    onSaid(text);
    return { status: 'sent', receipts };
  }
}

function secondStream(): Error {
  return new Error('a stream is open in this turn: await reply.stream() before the next one');
}

function afterTheEnd(): Error {
  return new Error(
    'the turn is over, and nothing more is sent: the assistant must await what it does before it returns',
  );
}
