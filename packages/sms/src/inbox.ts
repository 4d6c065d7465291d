import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  isOptedOut,
  OverloadedError,
  TurnAbortedError,
  UserMessage,
  type Address,
  type Metadata,
  type OutputChannel,
  type Turns,
} from '@trunkline/core';
import type { Accounts } from './accounts.ts';
import { accountOf, addressOf, type Destination } from './address.ts';
import type { Carrier } from './carrier.ts';
import { askedFor, type Asked, type Consent } from './consent.ts';
import type { ResolvedSmsOptions } from './credentials.ts';
import { OPTED_OUT } from './errors.ts';
import { parseInbound, type Inbound } from './parse.ts';
import { readSigned } from './request.ts';
import { parseStatus } from './status.ts';
import type { Statuses } from './statuses.ts';
import { acknowledge, TwimlCarrier } from './twiml.ts';

/** What an {@link Inbox} works with. */
export interface InboxOptions {
  options: ResolvedSmsOptions;
  accounts: Accounts;
  turns: Turns;
  consent: Consent;
  statuses: Statuses;
  /** Sends by REST. */
  rest: Carrier;
  outputFor: (destination: Destination, carrier: Carrier) => OutputChannel;
  /** What somebody who extends the channel makes of a request; `null` where nobody does. */
  metadataOf: () => ((req: IncomingMessage, body: unknown) => Metadata | null) | null;
}

/** How long a message counts as delivered before, as for the turn engine, in milliseconds. */
const MARK_TTL_MS = 48 * 60 * 60 * 1000;
/** Events that the assistant was told of. */
const TOLD = 'event';
/** Messages that were answered within Twilio's request. */
const ANSWERED = 'twiml';
/** What of a message's way the assistant hears of. */
const OUTCOMES = new Set(['delivered', 'read', 'undelivered', 'failed']);

/** Takes what Twilio's webhooks bring. */
export class Inbox {
  readonly #inbox: InboxOptions;

  constructor(options: InboxOptions) {
    this.#inbox = options;
  }

  /** A message comes in. */
  async receive(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { options, accounts, consent } = this.#inbox;
    const parameters = await readSigned(req, options, accounts);
    const inbound = parseInbound(options.name, parameters);
    const { from: to, accountSid, service } = inbound;
    const sender = accounts.receiver(accountSid, inbound.to, service);
    const destination: Destination = { sender, to };
    // A button may be called "Help".
    const text = inbound.choice === null ? inbound.text : null;
    const said = { text, optOutType: inbound.optOutType, sender };
    const asked = askedFor(said, options.advancedOptOut);
    if (asked !== null && (!asked.needsOptOut || (await consent.isOptedOut(sender, to)))) {
      return await this.#takeWish(res, inbound, destination, asked);
    }
    const own = this.#inbox.metadataOf()?.(req, Object.fromEntries(parameters));
    if (own) inbound.metadata = own;
    if (options.reply === 'twiml') await this.#answerWithin(res, inbound, destination);
    else await this.#accept(res, this.#messageOf(inbound, destination));
  }

  /** What became of a message. */
  async report(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { options, accounts, consent, statuses, turns } = this.#inbox;
    const report = parseStatus(options.name, await readSigned(req, options, accounts));
    const { accountSid, from, to, service, messageSid, status, errorCode } = report;
    const sender = accounts.receiver(accountSid, from, service);
    const destination: Destination = { sender, to };
    if (errorCode === OPTED_OUT) await consent.optOut(sender, to, OPTED_OUT);
    const isNews = await statuses.note(destination, report);
    res.writeHead(204).end();
    if (!isNews || !OUTCOMES.has(status)) return;
    const data = { messageSid, status, errorCode };
    this.#tell(turns, 'delivery_status', destination, data, null);
  }

  /** As a deferred turn: stored, then acknowledged. */
  async #accept(res: ServerResponse, message: UserMessage): Promise<void> {
    const { options, turns } = this.#inbox;
    if ((await turns.accept(message)) === 'refused') throw overloaded(options.name);
    acknowledge(res);
  }

  /** As a live turn: what is said in time is the answer. */
  async #answerWithin(
    res: ServerResponse,
    inbound: Inbound,
    destination: Destination,
  ): Promise<void> {
    const { options, turns, rest, consent, outputFor } = this.#inbox;
    const { name: channel } = options;
    const { messageId } = inbound;
    if (!(await this.#isFirst(ANSWERED, messageId))) return acknowledge(res);
    const carrier = new TwimlCarrier({ options, res, rest, consent });
    try {
      await turns.run(this.#messageOf(inbound, destination, outputFor(destination, carrier)));
    } catch (error) {
      const isRefused = error instanceof OverloadedError && error.channel === channel;
      if (isRefused && carrier.isSilent && !carrier.isOpen) {
        return await this.#defer(this.#messageOf(inbound, destination));
      }
      if (carrier.isSilent && carrier.isOpen && !isNoFailure(error)) {
        carrier.release();
        if (!isRefused) throw error;
        // Nothing was begun: Twilio may deliver it again.
        await turns.store.values.delete(ANSWERED, messageId);
        throw overloaded(channel);
      }
      // Reported by the turn engine: what was said before it stands.
    }
    await carrier.finish();
  }

  /** What has waited too long for a live turn, while Twilio was answered: nobody brings it again. */
  async #defer(message: UserMessage): Promise<void> {
    const { options, turns } = this.#inbox;
    if ((await turns.accept(message)) !== 'refused') return;
    const { name: channel, logger } = options;
    const { messageId } = message;
    logger?.warn({ channel, messageId }, 'a message was lost: more wait than may');
  }

  /** Keeps what a user wishes, and tells the assistant. */
  async #takeWish(
    res: ServerResponse,
    { messageId }: Inbound,
    destination: Destination,
    { wish, keyword, isAnswered }: Asked,
  ): Promise<void> {
    const { turns, consent } = this.#inbox;
    const { sender, to } = destination;
    if ((await turns.store.values.get(TOLD, messageId)) !== null) return acknowledge(res);
    // Ahead of the mark: a crash between the two loses no opt-out.
    if (wish === 'opted_out') await consent.optOut(sender, to, keyword);
    if (wish === 'opted_in') await consent.optIn(sender, to);
    const isFirst = await this.#isFirst(TOLD, messageId);
    acknowledge(res);
    if (!isFirst) return;
    // Twilio has answered, or nothing may be said.
    const isSilent = isAnswered || wish === 'opted_out';
    const address = isSilent ? null : addressOf(destination);
    this.#tell(turns, wish, destination, { keyword, answered: isAnswered }, address);
  }

  /** Tells the assistant, which Twilio does not wait for. */
  #tell(
    turns: Turns,
    type: string,
    destination: Destination,
    data: Metadata,
    address: Address | null,
  ): void {
    const { name: channel, logger } = this.#inbox.options;
    const account = accountOf(destination);
    turns
      .notify({ type, senderId: destination.to, account, data, address })
      .catch((error: unknown) => {
        logger?.warn({ channel, err: error, type }, 'the assistant was not told of an event');
      });
  }

  async #isFirst(namespace: string, messageId: string): Promise<boolean> {
    const { values } = this.#inbox.turns.store;
    const options = { ttlMs: MARK_TTL_MS };
    return (await values.compareAndSet(namespace, messageId, null, true, options)) !== null;
  }

  /** @param outputChannel - Where a live turn's answers go. */
  #messageOf(
    inbound: Inbound,
    destination: Destination,
    outputChannel: OutputChannel | null = null,
  ): UserMessage {
    const { messageId, from, text, choice, attachments, metadata } = inbound;
    return new UserMessage({
      messageId,
      senderId: from,
      text,
      choice,
      attachments,
      metadata,
      account: accountOf(destination),
      address: addressOf(destination),
      outputChannel,
      inputChannel: this.#inbox.options.name,
    });
  }
}

/** Whether a turn ended early as it should: a newer message took its place, or nothing may be said. */
function isNoFailure(error: unknown): boolean {
  const isAborted = error instanceof TurnAbortedError;
  return isAborted ? UNANSWERED.has(error.reason) : isOptedOut(error);
}

const UNANSWERED: ReadonlySet<string> = new Set(['superseded', 'cancelled']);

/** Answered 503, which Twilio can be told to try again on (`#rc=2&rp=5xx`). */
function overloaded(channel: string): OverloadedError {
  return new OverloadedError('more messages wait than may: deliver it again', {
    channel,
    code: 'too_many_waiting',
    retryAfterMs: 1_000,
  });
}
