import { hash, randomUUID } from 'node:crypto';
import { responseTexts } from '../channel/fallbacks.ts';
import { MalformedPayloadError, OverloadedError, ProactiveError } from '../errors.ts';
import { promised } from '../maybe-promise.ts';
import { responseFor, type BotMessage } from '../message/bot-message.ts';
import { checkResponse } from '../message/check-response.ts';
import { UserMessage } from '../message/user-message.ts';
import type { Place } from './address-book.ts';
import type { DeferredContext } from './deferred-context.ts';
import type { DeferredTurns } from './deferred-turns.ts';
import { IdempotencyKeys, notOurs } from './idempotency-keys.ts';
import { newProgress } from './progress.ts';
import type { TransformEntry } from './reply.ts';
import type { Post } from './stored-message.ts';
import { transformed } from './transforms.ts';
import { intentMessage, type IntentOptions } from './triggered-intent.ts';

/** Where a proactive message goes. */
export interface ProactiveOptions {
  /**
   * The channel's name, or `latest`: the last one on which the platform has vouched for the user.
   * @defaultValue `latest`
   */
  channel?: string;
  /** The account, where the user is known on several of the channel. @defaultValue the only one */
  account?: string | null;
  /**
   * What makes a repeated call harmless, for 48 hours (`delivery.markTtlMs`): with the same key, the
   * same message to the same conversation is taken once, also where `latest` has changed meanwhile.
   * @defaultValue each call is another message
   */
  idempotencyKey?: string;
}

/** What became of a proactive message. */
export interface Posted {
  /**
   * `accepted`: it is stored, and delivered in its order. `duplicate`: it was taken before. `dropped`:
   * a transform wants nothing said.
   */
  status: 'accepted' | 'duplicate' | 'dropped';
  /** The channel that it goes to. */
  channel: string;
  /** The account there. */
  account: string | null;
  /** What it is called in reports and dead letters: the idempotency key, where there is one. */
  messageId: string;
}

/** What became of a proactive message, and where. */
export interface PostedAt {
  posted: Posted;
  place: Place;
}

/** What {@link Proactive} works with. */
export interface ProactiveContext extends DeferredContext {
  transforms: readonly TransformEntry[];
  /** Whether a channel can be contacted without a request; `undefined` where there is none. */
  canContact: (channel: string) => boolean | undefined;
  /** Begins to take up what others have left: with the first message that goes out. */
  start: () => void;
}

/** Messages that nobody has asked for: turns that are stored like those of users' messages. */
export class Proactive {
  readonly #context: ProactiveContext;
  readonly #deferred: DeferredTurns;
  readonly #keys: IdempotencyKeys;

  constructor(context: ProactiveContext, deferred: DeferredTurns) {
    this.#context = context;
    this.#deferred = deferred;
    this.#keys = new IdempotencyKeys(context);
  }

  /** Sends a response. */
  async send(
    senderId: string,
    response: BotMessage,
    options: ProactiveOptions = {},
  ): Promise<Posted> {
    checkResponse(response);
    // As it is now: whoever does not await this may go on with the object, to somebody else say.
    const given = JSON.parse(JSON.stringify(response)) as BotMessage;
    const what = { response: given };
    const { posted } = await this.#post(senderId, what, options, async (place, id) => {
      const { channel } = place;
      const said = await transformed(this.#context.transforms, given, { channel, senderId });
      if (said === null) return null;
      if (!saysSomething(channel, said)) throw nothingToSay(channel);
      const pending = [{ response: said, trackerState: null }];
      const progress = { ...newProgress(), proactive: 'response' as const };
      const { account, address } = place;
      const message = new UserMessage({ senderId, messageId: id, account, address });
      return { message, progress: { ...progress, answered: true, pending } };
    });
    return posted;
  }

  /** Has the assistant answer an intent. Resolves to where, too. */
  async trigger(
    senderId: string,
    intent: IntentOptions,
    options: ProactiveOptions = {},
  ): Promise<PostedAt> {
    await this.checkIntent(intent.name);
    const { name, entities = [] } = intent;
    return await this.#post(senderId, { name, entities }, options, async (place, id) => ({
      message: intentMessage(intent, { ...place, senderId }, id),
      progress: { ...newProgress(), proactive: 'intent' },
    }));
  }

  /** @throws ProactiveError - the assistant takes no intents, or not this one. */
  async checkIntent(name: string): Promise<void> {
    const assistant = this.#context.assistant();
    if (assistant.triggerIntent === undefined) {
      throw unknownIntent('the assistant takes no intents: give it triggerIntent(intent, reply)');
    }
    const isKnown = (await assistant.knowsIntent?.(name)) ?? true;
    if (!isKnown) throw unknownIntent('the assistant has no intent of this name');
  }

  /**
   * Where a sender is reached.
   *
   * @throws ProactiveError - nowhere, or nowhere that is certain.
   */
  async placeOf(senderId: string, { channel, account }: ProactiveOptions): Promise<Place> {
    const { addresses, canContact } = this.#context;
    if (channel === undefined || channel === 'latest') {
      if (account !== undefined) throw accountWithoutChannel();
      const latest = await addresses.latest(senderId);
      if (latest === null) throw notReached(null, NOBODY_VOUCHED);
      this.#checkChannel(latest.channel, canContact(latest.channel));
      return latest;
    }
    this.#checkChannel(channel, canContact(channel));
    const place = await addresses.on(channel, senderId, account);
    if (place !== null) return place;
    throw notReached(channel, account === undefined ? NOT_VOUCHED : NOT_ON_ACCOUNT);
  }

  #checkChannel(channel: string, canContact: boolean | undefined): void {
    if (canContact === undefined) {
      throw new ProactiveError('no channel of this line has this name', {
        status: 404,
        code: 'unknown_channel',
      });
    }
    if (!canContact) {
      const why =
        'the channel answers requests and cannot be contacted (it has no getOutputChannel)';
      throw new ProactiveError(why, { channel, status: 409, code: 'not_contactable' });
    }
  }

  async #post(
    senderId: string,
    what: object,
    options: ProactiveOptions,
    turnAt: (place: Place, messageId: string) => Promise<Pick<Post, 'message' | 'progress'> | null>,
  ): Promise<PostedAt> {
    const { idempotencyKey } = options;
    this.#context.start();
    if (idempotencyKey === '') throw new TypeError('an idempotency key must not be empty');
    const { place, giveBack } =
      idempotencyKey === undefined
        ? notOurs(await this.placeOf(senderId, options))
        : await this.#keys.claim([senderId, idempotencyKey], digestOf(what, options), () =>
            this.placeOf(senderId, options),
          );
    const messageId = idempotencyKey ?? randomUUID();
    const { channel, account, key } = place;
    const about = { channel, account, messageId };
    const made = promised(() => {
      // Ahead of anything else, as for what a user says: nothing is taken over that cannot be sent.
      this.#context.outputFor(channel, place.address);
      return turnAt(place, messageId);
    });
    const turn = await made.catch(async (error: unknown) => {
      // Nothing goes out: the key is free for what is said better.
      await giveBack();
      throw error;
    });
    if (turn === null) return { posted: { status: 'dropped', ...about }, place };
    // No message's, since these begin with a channel; nor a dead letter's.
    const id = `!${messageId}`;
    const posted = this.#deferred.post({ channel, key, id, ...turn });
    const status = await posted.catch(async (error: unknown) => {
      // Of what a store throws, nobody knows whether it was taken.
      if (error instanceof OverloadedError) await giveBack();
      throw error;
    });
    return { posted: { status, ...about }, place };
  }
}

/** Of what was asked for. */
function digestOf(what: object, { channel = 'latest', account = null }: ProactiveOptions): string {
  return hash('sha256', JSON.stringify([what, channel, account]), 'base64url');
}

const NOBODY_VOUCHED =
  'no channel has vouched for it. Where its sender id is only claimed, name its channel and its account';
const NOT_VOUCHED =
  'the channel has not vouched for it, or too long ago. Where its sender id is only claimed, name its account';
const NOT_ON_ACCOUNT = 'nobody of it was ever on this account of the channel, or too long ago';

function notReached(channel: string | null, why: string): ProactiveError {
  return new ProactiveError(`the conversation cannot be reached: ${why}`, {
    channel,
    status: 409,
    code: 'unreachable',
  });
}

function unknownIntent(message: string): ProactiveError {
  return new ProactiveError(message, { status: 404, code: 'unknown_intent' });
}

function accountWithoutChannel(): MalformedPayloadError {
  return new MalformedPayloadError('an account needs the channel that it is of', {
    code: 'account_without_channel',
  });
}

/** What the channel's own words say, a template of the platform's say, is for the channel to know. */
function saysSomething(channel: string, response: BotMessage): boolean {
  const hasOwnWords = Object.values(response.channels?.[channel] ?? {}).some(Boolean);
  return hasOwnWords || responseTexts(responseFor(channel, response)).length > 0;
}

function nothingToSay(channel: string): MalformedPayloadError {
  return new MalformedPayloadError(
    'the response has nothing to say: none of its keys is text, image, attachment, buttons, quickReplies, elements or custom',
    { channel, code: 'nothing_to_say' },
  );
}
