import type { KnownBlock } from '@slack/types';
import { DeliveryError, type Receipt } from '@trunkline/core';
import { teamFields } from './address.ts';
import { metadataOf, streamArgumentsOf, threadOf } from './arguments.ts';
import { textAt } from './parse/fields.ts';
import { Pump } from './pump.ts';
import { escapeMarkdown } from './render/escape.ts';
import { openFence } from './render/fence.ts';
import { LIMITS } from './render/limits.ts';
import { nextPiece } from './render/stream-text.ts';
import { belowMessages, shownWhole } from './repair.ts';
import type { GrowingMessage, GrowingOptions } from './stream.ts';

/** How often a stream grows. Slack takes 100 appends a minute and workspace, in milliseconds. */
const INTERVAL_MS = 1_000;
const INTERVAL_PER_STREAM_MS = 620;

/** How often, and after how long at most, a stream whose text is there is ended again, in milliseconds. */
const STOP_TRIES = 3;
const MAX_STOP_WAIT_MS = 10_000;

/** The stream is over, or has no room: the text goes on in another one. */
const OVER = new Set([
  'message_not_in_streaming_state',
  'msg_too_long',
  'msg_blocks_too_many',
  'msg_blocks_too_long',
]);

/**
 * Slack's own stream. It begins without a text and ends without one: each request that shows text is made
 * once, or found out to be doubtful, and then the message is written anew.
 *
 * @see Slack: chat.startStream, chat.appendStream, chat.stopStream
 */
export class NativeStream implements GrowingMessage {
  readonly #options: GrowingOptions;
  readonly #pump: Pump;
  /** The message that grows. */
  #channel = '';
  #ts = '';
  #isCounted = false;
  /** Where in the text it begins, and what of the text is shown. */
  #from = 0;
  #shown = 0;
  #text = '';
  /** `over`: goes on in another message. `doubtful`: to be written anew. `stopped`: by the user. */
  #state: 'open' | 'over' | 'doubtful' | 'stopped' = 'open';

  constructor(options: GrowingOptions) {
    this.#options = options;
    this.#pump = new Pump(options.sender.services.options.clock, () => this.#append());
    this.#pump.intervalMs = INTERVAL_MS;
  }

  async open(): Promise<void> {
    const { sender, deliver, extra } = this.#options;
    const { services, address } = sender;
    const { channel, team } = address;
    const receipt = await deliver(async (): Promise<Receipt> => {
      const args = streamArgumentsOf(extra, address);
      const answer = await services.clients.call(address, 'chat.startStream', args);
      return {
        ...teamFields(address),
        channel: textAt(answer, 'channel') ?? channel,
        ts: textAt(answer, 'ts') ?? '',
      };
    });
    this.#channel = textAt(receipt, 'channel') ?? '';
    this.#ts = textAt(receipt, 'ts') ?? '';
    this.#state = 'open';
    this.#from = this.#shown;
    this.#isCounted = true;
    services.streams.open(team);
    const thread = threadOf(extra, address);
    sender.status.gone(channel, thread);
    await sender.noteThread(this.#channel, thread);
  }

  async grow(text: string): Promise<void> {
    this.#text = text;
    if (this.#state === 'over') await this.#goOn();
    if (this.#state === 'open') this.#pump.wake();
  }

  async finish(text: string): Promise<void> {
    this.#text = text;
    await this.#pump.stop();
    try {
      await this.#finish();
    } finally {
      this.#close();
    }
  }

  async #finish(): Promise<void> {
    while (this.#shown < this.#text.length || this.#state === 'over') {
      if (this.#state === 'stopped' || this.#state === 'doubtful') break;
      if (this.#state === 'over') {
        const { blocks } = this.#options;
        if (this.#shown >= this.#text.length) return await this.#sayBelow(blocks);
        await this.#goOn();
        continue;
      }
      await this.#appendNow();
    }
    if (this.#state === 'stopped') return;
    await this.#stop();
    if (this.#state === 'doubtful') await this.#repair();
  }

  /** One append, now and then, as the text grows. Its failures are dealt with at the next piece. */
  async #append(): Promise<void> {
    if (this.#state !== 'open') return;
    const { streams } = this.#options.sender.services;
    const open = streams.count(this.#options.sender.address.team);
    this.#pump.intervalMs = Math.max(INTERVAL_MS, INTERVAL_PER_STREAM_MS * open);
    try {
      await this.#send(false);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** One append at the end, with the patience of the turn. */
  async #appendNow(): Promise<void> {
    await this.#options.deliver(async () => {
      try {
        await this.#send(true);
      } catch (error) {
        if (!this.#failed(error)) throw error;
      }
      return {};
    });
  }

  async #send(isLast: boolean): Promise<void> {
    const piece = nextPiece(this.#text, this.#shown, isLast, this.#options.allowed);
    if (piece === null) return;
    const markdown_text = this.#reopened() + piece.markdown;
    await this.#request('chat.appendStream', { markdown_text });
    this.#shown = piece.end;
    if (this.#shown < this.#text.length) this.#pump.wake();
  }

  /** A fence that the message before has left open is opened again in this one. */
  #reopened(): string {
    if (this.#shown !== this.#from || this.#from === 0) return '';
    const open = openFence(this.#text.slice(0, this.#from));
    return open === null ? '' : `${escapeMarkdown(open)}\n`;
  }

  /** What a failed append means. Returns whether it is settled by what comes next. */
  #failed(error: unknown): boolean {
    const { options } = this.#options.sender.services;
    options.logger?.debug({ channel: options.name, err: error }, 'a stream could not go on');
    const { platformCode, retryable, mayHaveArrived } = error as DeliveryError;
    if (platformCode === 'stopped_by_user') {
      this.#stopped();
      return true;
    }
    if (OVER.has(platformCode ?? '')) {
      // One that never took anything would be followed by others without end.
      this.#state = this.#shown > this.#from ? 'over' : 'doubtful';
      return true;
    }
    if (retryable && !mayHaveArrived) {
      this.#pump.rest((error as DeliveryError).retryAfterMs ?? INTERVAL_MS);
      return false;
    }
    this.#state = 'doubtful';
    return true;
  }

  /** The user wants no more of it. */
  #stopped(): void {
    this.#state = 'stopped';
    this.#options.onStopped();
  }

  /** Goes on in another message. Where there can be none, this one is written anew in the end. */
  async #goOn(): Promise<void> {
    this.#close();
    try {
      await this.#request('chat.stopStream', {});
    } catch (error) {
      // Slack ends it itself; only who has stopped it is asked no more.
      if ((error as DeliveryError).platformCode === 'stopped_by_user') return this.#stopped();
    }
    try {
      await this.open();
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      if (error.retryable && error.platformCode?.endsWith('limited') !== true) throw error;
      this.#state = 'doubtful';
    }
  }

  async #stop(): Promise<void> {
    const { deliver, blocks, sender, extra } = this.#options;
    const metadata = metadataOf(extra);
    const isWhole = this.#state === 'open';
    const first = blocks.slice(0, LIMITS.blocks);
    let mayBeThere = false;
    try {
      await deliver(async () => {
        const args = {
          ...(isWhole && first.length > 0 ? { blocks: JSON.stringify(first) } : {}),
          ...(metadata === null ? {} : { metadata }),
        };
        try {
          await this.#request('chat.stopStream', args);
        } catch (error) {
          mayBeThere ||= (error as DeliveryError).mayHaveArrived;
          throw error;
        }
        return {};
      });
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error;
      if (error.platformCode === 'stopped_by_user') return this.#stopped();
      // What is not shown whole is said again otherwise.
      if (error.retryable && !isWhole) throw error;
      // Slack has closed it, or a first request that seemed lost: all of the text is there.
      const isClosed = error.platformCode === 'message_not_in_streaming_state';
      if (isWhole && isClosed && mayBeThere && first.length > 0) {
        // Whether what belongs below it is there as well, nobody knows.
        this.#state = 'doubtful';
        return;
      }
      if (error.retryable) sender.services.background.add(this.#stopLater(error));
      else if (!isClosed && blocks.length > 0)
        await this.#request('chat.stopStream', {}).catch(() => {});
      if (isWhole) await this.#sayBelow(first);
    }
    if (isWhole) await this.#sayBelow(blocks.slice(LIMITS.blocks));
  }

  /** Ends a stream whose text is there, beside the turn. If all fails, Slack ends it itself. */
  async #stopLater(failure: DeliveryError): Promise<void> {
    const { clock, logger, name: channel } = this.#options.sender.services.options;
    let error = failure;
    for (let tries = 0; tries < STOP_TRIES && error.retryable; tries++) {
      const waitMs = Math.min(error.retryAfterMs ?? INTERVAL_MS, MAX_STOP_WAIT_MS);
      await new Promise<void>((done) => void clock.after(waitMs, done));
      try {
        return await this.#request('chat.stopStream', {});
      } catch (thrown) {
        // Clients throw nothing else.
        error = thrown as DeliveryError;
      }
    }
    logger?.debug({ channel, err: error }, 'a stream could not be ended');
  }

  /** Writes the message anew, where it is not known what is in it. */
  async #repair(): Promise<void> {
    const [channel, ts, text] = [this.#channel, this.#ts, this.#text];
    const [from, shown] = [this.#from, this.#shown];
    await shownWhole(this.#options, { channel, ts, text, from, shown, seen: null });
  }

  /** What belongs below the text, in messages of its own. */
  async #sayBelow(blocks: readonly KnownBlock[]): Promise<void> {
    const { deliver, sender, extra } = this.#options;
    for (const message of belowMessages(blocks)) {
      await deliver(() => sender.post(message, extra, ''));
    }
  }

  async #request(method: string, args: Record<string, unknown>): Promise<void> {
    const { services, address } = this.#options.sender;
    const [channel, ts] = [this.#channel, this.#ts];
    await services.clients.call(address, method, { channel, ts, ...args });
  }

  #close(): void {
    const { services, address } = this.#options.sender;
    if (this.#isCounted) services.streams.close(address.team);
    this.#isCounted = false;
  }
}
