import {
  DeliveryError,
  type Extra,
  type JsonObject,
  type Receipt,
  type WasSent,
} from '@trunkline/core';
import { isDirect, teamFields, type SlackAddress } from './address.ts';
import { argumentsOf, methodOf, type PostMethod } from './arguments.ts';
import { sendEither } from './either.ts';
import { textAt } from './parse/fields.ts';
import { findSent, STEP_EVENT } from './find-sent.ts';
import { isNotInChannel } from './errors.ts';
import type { Alternative, Rendered, SlackMessage } from './render/message.ts';
import type { KeptPayload } from './render/payload-keys.ts';
import type { Services } from './services.ts';
import { Status } from './status.ts';

/** One request, as `deliver` takes it. */
export interface SendStep<P> {
  payload: P;
  send: (payload: P, key: string) => Promise<Receipt>;
  wasSent?: WasSent;
}

/** Posts messages in one place. */
export class Sender {
  readonly services: Services;
  readonly address: SlackAddress;
  readonly status: Status;
  /** The thread that is known to be the bot's. */
  #noted: string | null = null;
  /** Whether the channel is known to take nothing from the bot. */
  #isRefused = false;

  constructor(services: Services, address: SlackAddress) {
    this.services = services;
    this.address = address;
    this.status = new Status(services, address);
  }

  /** The step that posts a message. */
  step(message: SlackMessage, extra: Extra, made: Rendered): SendStep<SlackMessage> {
    const alternatives = made.instead.get(message);
    const step: SendStep<SlackMessage> = {
      payload: message,
      send: (payload, key) =>
        // Most messages refer to nothing, and can only be said in one way.
        made.kept.length === 0 && alternatives === undefined
          ? this.post(payload, extra, key)
          : this.#keepAndPost(payload, made.kept, alternatives ?? [], extra, key),
    };
    const args = this.services.options.findSent ? argumentsOf(message, extra, this.address) : {};
    if (this.#isFindable(methodOf(extra), args)) {
      const channel = textAt(args as JsonObject, 'channel') ?? this.address.channel;
      const place = { ...this.address, channel, thread: textAt(args as JsonObject, 'thread_ts') };
      const isFree = message['channel'] === undefined;
      step.wasSent = (key, since) => this.#find(place, isFree, key, since);
    }
    return step;
  }

  /** @param isFree - Whether it may be in the user's direct messages instead, as {@link Sender.post} says. */
  async #find(
    place: SlackAddress,
    isFree: boolean,
    key: string,
    since: number,
  ): Promise<Receipt | null> {
    const { clients } = this.services;
    try {
      return await findSent(clients, place, key, since);
    } catch (error) {
      const { user } = place;
      if (!isFree || user === null || !this.canGoDirect(error)) throw error;
      const found = await findSent(clients, { ...place, channel: user, thread: null }, key, since);
      // A channel that the bot may not read is not always one that it may not post in (chat:write.public).
      if (found === null && !this.#isRefused) throw error;
      return found;
    }
  }

  /**
   * Whether a message is one that Slack can be asked for. What is scheduled, or shown to one user only, is
   * in no history, and what has metadata of its own has no room for ours.
   */
  #isFindable(method: PostMethod, args: Record<string, unknown>): boolean {
    const { findSent: asks } = this.services.options;
    return asks && method === 'chat.postMessage' && args['metadata'] === undefined;
  }

  async #keepAndPost(
    message: SlackMessage,
    kept: readonly KeptPayload[],
    alternatives: readonly Alternative[],
    extra: Extra,
    key: string,
  ): Promise<Receipt> {
    await this.keep(kept);
    return await sendEither(message, alternatives, {
      abilities: this.services.abilities,
      team: this.address.team,
      send: (either) => this.post(either, extra, key),
    });
  }

  /** Posts a message. Resolves to what names it. */
  post(message: SlackMessage, extra: Extra, key: string): Promise<Receipt> {
    const method = methodOf(extra);
    const args = argumentsOf(message, extra, this.address);
    if (key !== '' && this.#isFindable(method, args)) {
      args['metadata'] = { event_type: STEP_EVENT, event_payload: { key } };
    }
    const { orDirect, user } = this.address;
    // In direct messages, too, only the user sees what is for them alone.
    const isTheirs = method === 'chat.postEphemeral' && args['user'] === user;
    const isFree = (method === 'chat.postMessage' || isTheirs) && message['channel'] === undefined;
    return isFree && orDirect ? this.#postOrDirect(method, args) : this.#post(method, args);
  }

  async #postOrDirect(method: PostMethod, args: Record<string, unknown>): Promise<Receipt> {
    try {
      return await this.#post(method, args);
    } catch (error) {
      if (!this.canGoDirect(error)) throw error;
      this.#isRefused = true;
      const { thread_ts: _thread, user: _user, ...direct } = args;
      return await this.#post('chat.postMessage', { ...direct, channel: this.address.user });
    }
  }

  /** Whether the user can be written to directly instead: the bot is not where they gave a command. */
  canGoDirect(error: unknown): boolean {
    const { orDirect, user } = this.address;
    return orDirect && user !== null && error instanceof DeliveryError && isNotInChannel(error);
  }

  async #post(method: PostMethod, args: Record<string, unknown>): Promise<Receipt> {
    const { clients } = this.services;
    const { team } = this.address;
    const channel = textAt(args as JsonObject, 'channel') ?? this.address.channel;
    const turn = clients.pace.post(`${team}:${channel}`);
    if (turn !== null) await turn;
    const answer = await clients.call(this.address, method, args);
    const receipt = teamFields(this.address);
    // An answer has its id where it was asked for by its name.
    const id = textAt(answer, 'channel') ?? channel;
    receipt['channel'] = id;
    const ts = textAt(answer, 'ts') ?? textAt(answer, 'message_ts');
    if (ts !== null) receipt['ts'] = ts;
    const scheduled = textAt(answer, 'scheduled_message_id');
    if (scheduled !== null) receipt['scheduledId'] = scheduled;
    if (method === 'chat.postEphemeral') receipt['ephemeral'] = true;
    const thread = textAt(args as JsonObject, 'thread_ts');
    if (method === 'chat.postMessage') this.status.gone(channel, thread);
    await this.noteThread(id, thread);
    return receipt;
  }

  /** Writes a message anew. Repeating it changes nothing. */
  async update(channel: string, ts: string, message: SlackMessage): Promise<void> {
    await this.services.clients.call(this.address, 'chat.update', { channel, ts, ...message });
  }

  /**
   * Deletes a message that was streamed, or is about to be. One that is gone is as good.
   *
   * @returns Whether it is taken back; not if the user has stopped it, who is to keep what was said.
   */
  async takeBack({ channel = null, ts = null }: Receipt): Promise<boolean> {
    const { clients } = this.services;
    try {
      await clients.call(this.address, 'chat.stopStream', { channel, ts });
    } catch (error) {
      // It may be closed otherwise, or never have been a stream.
      if ((error as DeliveryError).platformCode === 'stopped_by_user') return false;
    }
    try {
      await clients.call(this.address, 'chat.delete', { channel, ts });
    } catch (error) {
      if ((error as DeliveryError).platformCode !== 'message_not_found') throw error;
    }
    return true;
  }

  /** Keeps what a message refers to by keys. @throws DeliveryError */
  async keep(kept: readonly KeptPayload[]): Promise<void> {
    if (kept.length === 0) return;
    try {
      await this.services.payloads.keep(kept);
    } catch (error) {
      throw new DeliveryError('the payloads of the buttons could not be stored', {
        channel: this.services.options.name,
        retryable: true,
        cause: error,
      });
    }
  }

  /** The bot has spoken in a thread: what is said there from now on is for it. */
  async noteThread(channel: string, thread: string | null): Promise<void> {
    const { team } = this.address;
    if (thread === null || isDirect({ channel })) return;
    const key = `${channel}:${thread}`;
    if (key === this.#noted) return;
    const { threads, options } = this.services;
    try {
      await threads.add({ team, channel, thread });
      this.#noted = key;
    } catch (error) {
      // The message is posted, and must not be again.
      options.logger?.warn({ channel: options.name, err: error }, 'a thread could not be noted');
    }
  }
}
