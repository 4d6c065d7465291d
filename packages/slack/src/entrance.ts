import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  DeliveryError,
  OverloadedError,
  readBody,
  sendJson,
  sendText,
  within,
  type JsonObject,
  type Metadata,
} from '@trunkline/core';
import { Arrivals } from './arrivals.ts';
import type { SlackInteraction } from './interaction.ts';
import { parseEvent } from './parse/events.ts';
import { parseCommand, parseInteraction } from './parse/interactions.ts';
import { senderId, userMessage, type Parsed, type Place } from './parse/parsed.ts';
import { isForm, isSslCheck, readRequest } from './parse/request.ts';
import { resolveChoice } from './choices.ts';
import type { Services } from './services.ts';
import { verifyRequest } from './verify.ts';
import { withdrawQuickReplies } from './quick-replies.ts';

/** What an assistant gets as metadata instead, if the channel's author says so. */
export type MetadataOf = (req: IncomingMessage, body: unknown) => Metadata | null;

/** How long an interaction may be answered, in milliseconds: Slack waits for three seconds. */
const ANSWER_MS = 2_000;

/**
 * Takes what Slack sends: checks it, stores what a user said, and acknowledges. Nothing here waits for the
 * assistant, nor for Slack.
 */
export class Entrance {
  readonly #services: Services;
  readonly #metadataOf: MetadataOf;
  readonly #arrivals = new Arrivals();

  constructor(services: Services, metadataOf: MetadataOf) {
    this.#services = services;
    this.#metadataOf = metadataOf;
  }

  /** Answers one request. */
  async handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { options } = this.#services;
    const { name: channel, bodyLimitBytes: limitBytes, signingSecrets: secrets, clock } = options;
    const body = await readBody(req, { channel, limitBytes });
    // Unsigned by Slack, and done with here: nothing else that it carries is read.
    if (isForm(req.headers) && isSslCheck(body)) return acknowledge(res);
    verifyRequest(req.headers, body, { channel, secrets, nowMs: clock.now() });
    const request = readRequest(channel, req.headers, body);
    switch (request.kind) {
      case 'event':
        await this.#event(req, request.envelope);
        break;
      case 'interaction':
        return await this.#interaction(req, res, request.payload);
      case 'command':
        return await this.#command(req, res, request.form);
      case 'challenge':
        return sendText(res, 200, 'text/plain', request.challenge);
      case 'ssl_check':
        break;
      case 'unknown':
        options.logger?.debug({ channel, type: request.type }, 'not read: unknown to us');
        break;
    }
    acknowledge(res);
  }

  async #event(req: IncomingMessage, envelope: JsonObject): Promise<void> {
    const { options, identity, threads } = this.#services;
    const finding = parseEvent(envelope, options, identity);
    if (finding.type === 'ignored') {
      options.logger?.debug({ channel: options.name, why: finding.why }, 'an event is not read');
      return;
    }
    const isBare = finding.type === 'bare_mention';
    const { team, channel, thread, ts } = isBare ? finding.place : finding.parsed.place;
    const root = thread ?? ts;
    if (channel === null || root === null) return;
    const ref = { team, channel, thread: root };
    if (finding.type === 'in_thread') {
      const { parsed } = finding;
      const found = threads.has(ref).then((isOurs) => (isOurs ? parsed : null));
      await this.#accept(req, envelope, parsed, found);
      return;
    }
    const isMention = isBare || finding.isMention;
    const opensThread = isMention && options.listen === 'addressed' && !channel.startsWith('D');
    const accepted = isBare ? null : this.#accept(req, envelope, finding.parsed);
    await (opensThread ? Promise.all([accepted, threads.add(ref)]) : accepted);
  }

  async #interaction(
    req: IncomingMessage,
    res: ServerResponse,
    payload: JsonObject,
  ): Promise<void> {
    const { options } = this.#services;
    const { type, place, messages, usesQuickReply } = parseInteraction(payload);
    const asked = this.#answer(type, payload, place);
    // Their places are taken before anybody is asked: what the user says meanwhile comes after them.
    const accepting = messages.map((message) =>
      this.#accept(req, payload, message, this.#unanswered(asked, message)),
    );
    const answer = await asked;
    const isDone = answer !== null;
    if (isDone && !isEmpty(answer)) return sendJson(res, 200, answer);
    if (type === 'block_suggestion') return sendJson(res, 200, { options: [] });
    if (isDone) return acknowledge(res);
    if (messages.length === 0) {
      options.logger?.debug({ channel: options.name, type }, 'an interaction says nothing');
    }
    const accepted = await Promise.all(accepting);
    acknowledge(res);
    // By a second click, the message may long say something else.
    if (!usesQuickReply || !accepted.includes(true)) return;
    this.#services.background.add(withdrawQuickReplies(this.#services, payload, messages));
  }

  async #command(req: IncomingMessage, res: ServerResponse, form: JsonObject): Promise<void> {
    const parsed = parseCommand(form);
    const asked = this.#answer('command', form, parsed?.place ?? null);
    const accepting = parsed && this.#accept(req, form, parsed, this.#unanswered(asked, parsed));
    const answer = await asked;
    if (answer !== null) return isEmpty(answer) ? acknowledge(res) : sendJson(res, 200, answer);
    await accepting;
    acknowledge(res);
  }

  /** The message that an interaction is, unless `onInteraction` answers it: then it is none. */
  async #unanswered(asked: Promise<JsonObject | null>, message: Parsed): Promise<Parsed | null> {
    if ((await asked) !== null) return null;
    return await resolveChoice(message, this.#services.payloads);
  }

  /** What the option says to an interaction; `null` if nothing, or too late. */
  async #answer(
    type: string,
    payload: JsonObject,
    place: Place | null,
  ): Promise<JsonObject | null> {
    const { options, clients } = this.#services;
    const { onInteraction, clock, name, logger } = options;
    if (onInteraction === null) return null;
    const abort = new AbortController();
    const interaction: SlackInteraction = {
      type,
      payload,
      signal: abort.signal,
      async client() {
        if (place !== null) return await clients.for(place);
        throw new DeliveryError('the interaction names no workspace', { channel: name });
      },
    };
    try {
      const answer = (async () => onInteraction(interaction))();
      return (await within(clock, ANSWER_MS, answer)) ?? null;
    } catch (error) {
      logger?.error({ channel: name, type, err: error }, 'onInteraction has not answered');
      return null;
    } finally {
      abort.abort();
    }
  }

  /**
   * Takes a message over, in its order.
   *
   * @param found - What it is, where that has to be looked up; `null` if it is nothing to us.
   * @returns Whether it is one that had not come before.
   */
  async #accept(
    req: IncomingMessage,
    body: JsonObject,
    parsed: Parsed,
    found: Parsed | Promise<Parsed | null> = parsed,
  ): Promise<boolean> {
    const { place } = parsed;
    const sender = senderId(place, this.#services.options.conversationGranularity);
    const take = (message: Parsed): Promise<boolean> => this.#take(req, body, message);
    return (await this.#arrivals.enter(`${place.team}:${sender}`, found, take)) === true;
  }

  /** Its ticket is taken before this returns. Resolves to whether the message had not come before. */
  async #take(req: IncomingMessage, body: JsonObject, parsed: Parsed): Promise<boolean> {
    const { options, turns } = this.#services;
    const metadata = this.#metadataOf(req, body);
    const taken = await turns.accept(userMessage(parsed, options, metadata));
    if (taken !== 'refused') return taken === 'accepted';
    const next =
      parsed.choice === null
        ? 'Slack sends this one again'
        : 'Slack does not send this one again, and shows its user an error';
    throw new OverloadedError(`too many messages wait; ${next}`, {
      channel: options.name,
      code: 'too_many_waiting',
      retryAfterMs: 60_000,
    });
  }
}

/** Whether an answer says nothing: Slack then wants no body. */
function isEmpty(answer: JsonObject): boolean {
  return Object.keys(answer).length === 0;
}

function acknowledge(res: ServerResponse): void {
  sendText(res, 200, 'text/plain', '');
}
