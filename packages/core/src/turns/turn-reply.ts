import { responseTexts } from '../channel/fallbacks.ts';
import type { OutputChannel, TrackerState } from '../channel/output-channel.ts';
import type { Clock } from '../clock.ts';
import { isPromise, whenThere, type MaybePromise } from '../maybe-promise.ts';
import {
  responseFor,
  type Attachment,
  type BotMessage,
  type Button,
  type Element,
  type Extra,
  type QuickReply,
} from '../message/bot-message.ts';
import { checkResponse } from '../message/check-response.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../message/json.ts';
import type { Responses } from '../responses/responses.ts';
import { utterance } from '../responses/utterance.ts';
import type { Slots } from '../responses/variation.ts';
import type { SendReport, Telemetry } from '../telemetry.ts';
import type { TurnAbort } from './abort.ts';
import type { HistoryEntry } from './history.ts';
import type { Pending } from './progress.ts';
import type { Reply, Sent, TransformEntry } from './reply.ts';
import { reportSend } from './report-send.ts';
import { SendQueue } from './send-queue.ts';
import { closeInterrupted, showStream } from './show-stream.ts';
import { gather } from './gather.ts';
import { transformed } from './transforms.ts';
import { sendThrough, type TurnDelivery } from './turn-delivery.ts';

/** A conversation's state; a function is what we know ourselves, and can find out again. */
export type StateNow = TrackerState | (() => TrackerState) | null;

/** What a {@link TurnReply} works with. */
export interface TurnReplyOptions {
  channel: string;
  recipientId: string;
  output: OutputChannel;
  delivery: TurnDelivery;
  abort: TurnAbort;
  clock: Clock;
  telemetry: Telemetry;
  transforms: readonly TransformEntry[];
  state: JsonObject;
  history: (count: number) => MaybePromise<HistoryEntry[]>;
  /** The templates that there are. */
  responses: Responses | null;
  /** The conversation's state at this moment, unless the assistant sets one. */
  trackerState: () => MaybePromise<StateNow>;
  /** Told what was said. */
  onSaid: (text: string) => void;
  /** Told what the user has got, where somebody wants to know. */
  onDelivered: ((response: BotMessage) => MaybePromise<void>) | null;
}

/** The reply of one turn. */
export class TurnReply implements Reply {
  state: JsonObject;

  readonly #options: TurnReplyOptions;
  #trackerState: TrackerState | null | undefined;
  readonly #queue: SendQueue;
  #openStream: Promise<unknown> = Promise.resolve();
  #isStreaming = false;
  #thrownByProducers: Set<unknown> | null = null;
  #isOver = false;

  constructor(options: TurnReplyOptions) {
    this.#options = options;
    this.state = options.state;
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
    return this.#trackerState ?? this.#options.output.trackerState;
  }

  set trackerState(state: TrackerState | null) {
    this.#trackerState = state;
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
      const state = await this.#stateNow();
      const trackerState = typeof state === 'function' ? state() : state;
      return this.#send(utterance(responses, name, { channel, output, trackerState, slots }));
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
      return this.#send(response);
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

  #send(response: BotMessage, isStreamSeen = false): Promise<Sent> {
    const isSeen = isStreamSeen || this.#options.transforms.length === 0;
    return isSeen ? this.#sendSeen(response) : this.#sendTransformed(response);
  }

  async #sendTransformed(response: BotMessage): Promise<Sent> {
    const { channel, recipientId: senderId, transforms } = this.#options;
    const said = await transformed(transforms, response, { channel, senderId });
    return said === null ? NOTHING_SENT : await this.#sendSeen(said);
  }

  /** Sends what the transforms have seen. */
  #sendSeen(said: BotMessage): Promise<Sent> {
    const { output, telemetry, channel } = this.#options;
    const texts = responseTexts(responseFor(output.name, said));
    if (texts.length === 0 && said.channels === undefined) {
      telemetry.logger.warn(
        { channel, keys: Object.keys(said) },
        'a response has nothing to say: none of its keys is text, image, attachment, buttons, quickReplies, elements or custom',
      );
    }
    return this.#deliver(said, texts.join('\n'));
  }

  /** Hands a response to the channel, or to the store where the platform cannot be reached. */
  #deliver(response: BotMessage, text: string): Promise<Sent> {
    const now = this.#stateNow();
    if (isPromise(now)) return now.then((state) => this.#hand(state, response, text));
    return this.#hand(now, response, text);
  }

  #hand(state: StateNow, response: BotMessage, text: string): Promise<Sent> {
    const { abort, output, delivery, recipientId, onSaid, onDelivered } = this.#options;
    // The turn may have ended while the transforms, or the assistant's state, were waited for.
    if (abort.reason !== null) return Promise.reject(abort.reason);
    output.trackerState = state;
    const pending: Pending = { response, trackerState: typeof state === 'function' ? null : state };
    const sent = this.#reported('response', () =>
      delivery.say(pending, () => sendThrough(delivery, output, recipientId, response)),
    );
    return sent.then((status) => {
      onSaid(text);
      const noted = status === 'sent' ? onDelivered?.(response) : undefined;
      return whenThere(noted, () => ({ status, receipts: delivery.takeReceipts() }));
    });
  }

  async #stream(chunks: AsyncIterable<string>, extra: Extra): Promise<Sent> {
    const { output, delivery, recipientId, transforms, onSaid } = this.#options;
    const isUnseen = transforms.every(({ passStreams }) => passStreams);
    const onThrown = (error: unknown): void =>
      void (this.#thrownByProducers ??= new Set()).add(error);
    const sayWhole = async (): Promise<Sent> => {
      const text = await gather(chunks, this.signal, undefined, onThrown);
      return text === '' ? NOTHING_SENT : this.#say(() => this.#send({ ...extra, text }, isUnseen));
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
    output.trackerState = await this.#stateNow();
    const { text, receipts } = await this.#reported('stream', () => showStream(chunks, options));
    const isShown = await queue.add(() => stream.end());
    if (!isShown) return await this.#say(() => this.#deliver({ ...extra, text }, text));
    onSaid(text);
    return { status: 'sent', receipts };
  }

  /** Sends, and reports what became of it. */
  #reported<T>(kind: SendReport['kind'], send: () => Promise<T>): Promise<T> {
    const { channel, recipientId: senderId } = this.#options;
    return reportSend(this.#options, { channel, senderId, kind }, send);
  }

  /** The conversation's state; no promise where nobody has to be asked for it. */
  #stateNow(): MaybePromise<StateNow> {
    return this.#trackerState === undefined ? this.#options.trackerState() : this.#trackerState;
  }
}

const NOTHING_SENT: Sent = { status: 'sent', receipts: [] };

function secondStream(): Error {
  return new Error('a stream is open in this turn: await reply.stream() before the next one');
}

function afterTheEnd(): Error {
  return new Error(
    'the turn is over, and nothing more is sent: the assistant must await what it does before it returns',
  );
}
