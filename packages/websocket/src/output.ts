import { randomBytes } from 'node:crypto';
import {
  DeliveryError,
  isPromise,
  OutputChannel,
  type Attachment,
  type Button,
  type Element,
  type Extra,
  type InterruptedStream,
  type JsonValue,
  type QuickReply,
  type Receipt,
} from '@trunkline/core';
import type { Hub } from './hub.ts';
import type { LiveSession } from './live-session.ts';
import type { LogItem, Unnumbered } from './log.ts';
import type { StreamEndFrame } from './protocol.ts';
import {
  renderAttachment,
  renderButtons,
  renderCustom,
  renderElements,
  renderImage,
  renderQuickReplies,
  renderText,
  type Unnamed,
} from './render.ts';
import type { OpenStream } from './stream.ts';

/** A stream that this output shows, and the session that is held for it. */
interface Shown {
  session: LiveSession;
  stream: OpenStream;
}

/**
 * Says what the assistant says in one session. A send is done when it is in the session's log: from
 * there it reaches whoever is connected now, and whoever comes back.
 */
export class WebSocketOutput extends OutputChannel {
  override readonly name: string;
  override readsTrackerState = false;
  readonly #hub: Hub;
  readonly #session: string;
  #shown: Shown | null = null;
  #isTurnOver = false;

  constructor(name: string, hub: Hub, session: string) {
    super();
    this.name = name;
    this.#hub = hub;
    this.#session = session;
  }

  override sendTextMessage(recipientId: string, text: string, _extra?: Extra): Promise<void> {
    return this.#send(renderText(recipientId, text));
  }

  override sendImageUrl(recipientId: string, image: string, _extra?: Extra): Promise<void> {
    return this.#send(renderImage(recipientId, image));
  }

  override sendAttachment(
    recipientId: string,
    attachment: Attachment,
    _extra?: Extra,
  ): Promise<void> {
    return this.#send(renderAttachment(recipientId, attachment));
  }

  override sendTextWithButtons(
    recipientId: string,
    text: string,
    buttons: Button[],
    _extra?: Extra,
  ): Promise<void> {
    return this.#send(renderButtons(recipientId, text, buttons));
  }

  override sendQuickReplies(
    recipientId: string,
    text: string,
    quickReplies: QuickReply[],
    _extra?: Extra,
  ): Promise<void> {
    return this.#send(renderQuickReplies(recipientId, text, quickReplies));
  }

  override sendElements(recipientId: string, elements: Element[], _extra?: Extra): Promise<void> {
    return this.#send(renderElements(recipientId, elements));
  }

  override sendCustomJson(recipientId: string, json: JsonValue, _extra?: Extra): Promise<void> {
    return this.#send(renderCustom(recipientId, json));
  }

  /** Shows it to whoever is there now. */
  override async sendTyping(recipientId: string): Promise<void> {
    await this.#hub.with(this.#session, (session) => session.typing(recipientId));
  }

  override turnEnded(): void {
    this.#isTurnOver = true;
  }

  override async sendResponseChunkStart(recipientId: string): Promise<void> {
    // A name of its own in every run of the turn: the one that was cut has been seen.
    const id = randomBytes(12).toString('base64url');
    const frame: Unnumbered = { type: 'stream_start', id, recipient_id: recipientId };
    const { seq } = await this.#deliver(frame);
    const session = this.#hub.hold(this.#session);
    this.#shown = { session, stream: session.openStream(id, recipientId, Number(seq)) };
  }

  /** At once and unlogged: what a crash or a slow reader misses of it comes with the end. */
  override sendResponseChunk(_recipientId: string, chunk: string): void {
    if (this.#shown !== null) this.#shown.session.streams.grow(this.#shown.stream, chunk);
  }

  override async sendResponseChunkEnd(recipientId: string): Promise<void> {
    const shown = this.#shown;
    if (shown === null) return;
    const { session, stream } = shown;
    const { id, text } = stream;
    const end: Unnumbered<StreamEndFrame> = {
      type: 'stream_end',
      id,
      text,
      recipient_id: recipientId,
    };
    // A turn waits for its streams: where it is over before one of them, it was ended.
    if (this.#isTurnOver) end.stopped = true;
    try {
      await this.#deliver(end);
    } finally {
      this.#shown = null;
      session.streams.close(id);
      this.#hub.drop(session);
    }
  }

  /**
   * Closes what an earlier run of the turn began to say. It is found in the log, where each start names
   * its step: the journal may have been cut before it was told of it.
   */
  override async sendResponseChunkInterrupted(
    recipientId: string,
    { receipts, text }: InterruptedStream,
  ): Promise<void> {
    await this.deliver({ interrupted: true }, async (_payload, key) => {
      const turn = key.slice(0, key.lastIndexOf('.'));
      await this.#hub.with(this.#session, async (session) => {
        const items = await session.log.all();
        const named = receipts.map(({ id }) => id);
        for (const { frame, step } of items) {
          if (frame?.type !== 'stream_start') continue;
          const ends = endsOf(frame.id, items);
          const isOpen = ends.length === 0 && step?.startsWith(`${turn}:`) === true;
          if (!isOpen && !named.includes(frame.id)) continue;
          if (ends.some(({ interrupted }) => interrupted === true)) continue;
          // One that was ended in good order, by a shutdown say, may have more text.
          const { id } = frame;
          const end = { type: 'stream_end', id, text: ends[0]?.text ?? text } as const;
          await session.say({ ...end, interrupted: true, recipient_id: recipientId });
        }
      });
      return {};
    });
  }

  /** Says one frame: a step of the turn, named after it. */
  #send(frame: Unnamed): Promise<void> {
    return this.deliver(
      frame,
      (payload, key) => this.#append({ id: key, ...payload }, key),
      (key) => this.#find((item) => item.frame?.id === key),
    ).then(() => undefined);
  }

  /** Says one frame of a stream. It is tried again if the store was away, and may be there then. */
  async #deliver(frame: Unnumbered): Promise<Receipt> {
    let isAgain = false;
    return await this.deliver(frame, async (payload, key) => {
      const { id, type } = payload;
      const isIt = (item: LogItem): boolean => item.frame?.id === id && item.frame.type === type;
      const there = isAgain ? await this.#find(isIt) : null;
      isAgain = true;
      return there ?? (await this.#append(payload, key));
    });
  }

  async #append(frame: Unnumbered, key: string): Promise<Receipt> {
    const step = frame.type === 'stream_start' ? key : null;
    const session = this.#hub.hold(this.#session);
    try {
      const said = session.say(frame, step);
      return { id: frame.id, seq: isPromise(said) ? await said : said };
    } catch (error) {
      throw this.#failure(error);
    } finally {
      this.#hub.drop(session);
    }
  }

  async #find(isIt: (item: LogItem) => boolean): Promise<Receipt | null> {
    try {
      const items = await this.#hub.log.all(this.#session);
      const there = items.findLast(isIt);
      return there === undefined ? null : { id: there.frame?.id ?? '', seq: there.number };
    } catch (error) {
      throw this.#failure(error);
    }
  }

  /** The log could not be written: perhaps it was. */
  #failure(error: unknown): DeliveryError {
    return new DeliveryError('the log of the session could not be read or written', {
      channel: this.name,
      retryable: true,
      mayHaveArrived: true,
      cause: error,
    });
  }
}

/** What a log has of a stream's end. */
function endsOf(id: string, items: readonly LogItem[]): Unnumbered<StreamEndFrame>[] {
  return items.flatMap(({ frame }) =>
    frame?.type === 'stream_end' && frame.id === id ? [frame] : [],
  );
}
