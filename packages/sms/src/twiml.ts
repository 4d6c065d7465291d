import type { ServerResponse } from 'node:http';
import { DeliveryError, isOptedOut, sendText, type Receipt } from '@trunkline/core';
import type { Destination } from './address.ts';
import { assertConsent, type Carrier } from './carrier.ts';
import type { Consent } from './consent.ts';
import type { ResolvedSmsOptions } from './credentials.ts';
import type { MessageParameters } from './parameters.ts';

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>';
const NOTHING = `${HEAD}<Response/>`;

/** Takes note of a message, and answers nothing. Any other type than XML would be sent to the user. */
export function acknowledge(res: ServerResponse): void {
  sendText(res, 200, 'text/xml', NOTHING);
}

/** Messages, as {@link messageTwiml} writes them, as an answer. */
export function twiml(messages: readonly string[]): string {
  return messages.length === 0 ? NOTHING : `${HEAD}<Response>${messages.join('')}</Response>`;
}

/** One message as TwiML. @see https://www.twilio.com/docs/messaging/twiml/message */
export function messageTwiml({ body, mediaUrl = [], statusCallback }: MessageParameters): string {
  let xml = '<Message';
  if (statusCallback !== undefined) xml += ` action="${escape(statusCallback)}"`;
  xml += '>';
  if (body !== undefined) xml += `<Body>${escape(body)}</Body>`;
  for (const url of mediaUrl) xml += `<Media>${escape(url)}</Media>`;
  return `${xml}</Message>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** XML knows no control characters and no half of a pair: one of these would spoil the whole answer. */
function escape(text: string): string {
  if (PLAIN.test(text)) return text;
  return text
    .replaceAll(/[^\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replaceAll(/[&<>"]/g, (mark) => ENTITIES[mark] ?? mark);
}

/** ASCII that XML takes as it is. */
const PLAIN = /^[\t\n\r !#-%'-;=?-~]*$/;

/** What a {@link TwimlCarrier} works with. */
export interface TwimlCarrierOptions {
  options: Pick<ResolvedSmsOptions, 'name' | 'statusCallback' | 'clock' | 'logger'>;
  res: ServerResponse;
  /** Takes what Twilio's request cannot take any more. */
  rest: Carrier;
  consent: Consent;
}

/** A message in the answer. */
interface Said {
  destination: Destination;
  parameters: MessageParameters;
  key: string;
  xml: string;
}

/** Of an answer with more messages, Twilio sends these alone. @see https://www.twilio.com/docs/api/errors/14109 */
const MOST_MESSAGES = 10;
/** A longer answer is none to Twilio: 64 kB, less what is around the messages. @see https://www.twilio.com/docs/api/errors/11750 */
const MOST_BYTES = 63_900;

/** How long Twilio's request is kept, in milliseconds: Twilio itself gives up after 15 seconds. */
const DEADLINE_MS = 10_000;
/**
 * How long it counts that a user has not opted out, in milliseconds: an opt-out that another process
 * is told of meanwhile could as well be on its way still. One that this process notes counts at once.
 */
const CONSENT_MS = 20;

/**
 * Answers Twilio's request with what is said until the deadline, and sends what is said later by
 * REST. Each message takes one of the two ways, once.
 */
export class TwimlCarrier implements Carrier {
  readonly #carrier: TwimlCarrierOptions;
  readonly #said: Said[] = [];
  readonly #cancelDeadline: () => void;
  /**
   * Twilio has gone. A field with its function: one that is assigned to a property later on, `this.x = () => …`,
   * V8 makes among what is old, as if it were a prototype's, and all of the request stays with it.
   */
  readonly #onGone = (): void => {
    this.#settle(() => this.#move());
    void this.#finishUnasked();
  };
  #isOpen = true;
  #isSilent = true;
  /** What the messages of the answer come to. */
  #bytes = 0;
  /** When it was read that the user has not opted out, and how much had been noted by then. */
  #consented: { at: number; changes: number } | null = null;
  /** Whether what was said was surely not sent, and may be yet. */
  #mayMoveAgain = false;
  /** The answer, or what becomes of it by REST: what comes later waits for it. */
  #settled: Promise<void> = Promise.resolve();

  constructor(carrier: TwimlCarrierOptions) {
    this.#carrier = carrier;
    const { res, options } = carrier;
    this.#cancelDeadline = options.clock.after(DEADLINE_MS, () => void this.#finishUnasked());
    res.on('close', this.#onGone);
  }

  /** Whether nothing was said. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Whether Twilio waits still. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** A message in the answer has no receipt: Twilio gives it its SID after the request is over. */
  async carry(
    destination: Destination,
    parameters: MessageParameters,
    key: string,
  ): Promise<Receipt> {
    const { rest, options } = this.#carrier;
    if (this.#isOpen && fitsTwiml(parameters)) {
      if (!this.#isConsentFresh()) await this.#assertConsent(destination);
      // It may have closed meanwhile.
      if (this.#isOpen) {
        const { statusCallback = options.statusCallback } = parameters;
        const said = statusCallback === null ? parameters : { ...parameters, statusCallback };
        const xml = messageTwiml(said);
        if (this.#hasRoomFor(xml)) {
          this.#isSilent = false;
          this.#said.push({ destination, parameters: said, key, xml });
          return {};
        }
      }
    }
    // What comes by REST from here on must not overtake what is in the answer.
    await this.finish();
    this.#isSilent = false;
    return await rest.carry(destination, parameters, key);
  }

  /**
   * Answers, unless that is done. Resolves when everything that was said is on its way.
   *
   * @throws DeliveryError - Twilio went away without the answer, or nobody can say whether the user
   * has opted out since, and REST did not take it either.
   */
  async finish(): Promise<void> {
    this.#end();
    if (this.#mayMoveAgain) this.#settle(() => this.#move());
    try {
      await this.#settled;
    } catch (error) {
      // It is told once. What is said from here on is another matter.
      if (!this.#mayMoveAgain) this.#settled = Promise.resolve();
      throw error;
    }
  }

  /** Leaves the answer to somebody else: nothing was said. */
  release(): void {
    this.#close();
  }

  /** Answers, unless that is done. */
  #end(): void {
    const isGone = this.#carrier.res.destroyed;
    if (this.#isOpen) this.#settle(() => (isGone ? this.#move() : this.#answer()));
  }

  /** From here on nothing more comes into the answer. */
  #settle(how: () => Promise<void>): void {
    this.#close();
    this.#mayMoveAgain = false;
    this.#settled = how();
    // Whoever speaks or finishes next is told.
    this.#settled.catch((error: unknown) => (this.#mayMoveAgain = isForNow(error)));
  }

  /** While the assistant is at it still, which may be for ever: what fails is logged at once. */
  async #finishUnasked(): Promise<void> {
    const { name: channel, logger } = this.#carrier.options;
    this.#end();
    try {
      await this.#settled;
    } catch (error) {
      const text = 'what was said in time did not reach the user';
      if (isOptedOut(error)) logger?.info({ channel }, `${text}: they have opted out`);
      else logger?.error({ channel, err: error }, text);
    }
  }

  /** Whether Twilio takes so much, which is counted then. */
  #hasRoomFor(xml: string): boolean {
    const bytes = this.#bytes + Buffer.byteLength(xml);
    if (this.#said.length >= MOST_MESSAGES || bytes > MOST_BYTES) return false;
    this.#bytes = bytes;
    return true;
  }

  #isConsentFresh(): boolean {
    const { consent, options } = this.#carrier;
    const read = this.#consented;
    if (read === null || read.changes !== consent.changes) return false;
    const age = options.clock.now() - read.at;
    // A clock that was put back knows nothing.
    return age >= 0 && age < CONSENT_MS;
  }

  async #assertConsent(destination: Destination): Promise<void> {
    const { consent, options } = this.#carrier;
    const read = { at: options.clock.now(), changes: consent.changes };
    await assertConsent(options.name, consent, destination);
    this.#consented = read;
  }

  /** Writes the answer: empty for a user who has opted out since the first of it was said. */
  async #answer(): Promise<void> {
    const { res } = this.#carrier;
    const [first] = this.#said;
    try {
      if (first !== undefined && !this.#isConsentFresh()) {
        await this.#assertConsent(first.destination);
      }
    } catch (error) {
      acknowledge(res);
      if (isOptedOut(error)) return;
      // The store may know again.
      return await this.#move();
    }
    if (res.destroyed) return await this.#move();
    sendText(res, 200, 'text/xml', twiml(this.#said.map(({ xml }) => xml)));
  }

  /** Twilio did not get the answer: what was to be in it goes by REST. */
  async #move(): Promise<void> {
    const left = this.#said;
    for (let [first] = left; first !== undefined; [first] = left) {
      try {
        await this.#carrier.rest.carry(first.destination, first.parameters, first.key);
      } catch (error) {
        throw unsent(this.#carrier.options.name, left.length, error);
      }
      left.shift();
    }
  }

  #close(): void {
    this.#isOpen = false;
    this.#cancelDeadline();
    this.#carrier.res.off('close', this.#onGone);
  }
}

/** Whether what failed was surely not sent, and may be the next time. */
function isForNow(error: unknown): boolean {
  return error instanceof DeliveryError && error.retryable && !error.mayHaveArrived;
}

/** The error of messages that were said, and went neither way. Their texts are nobody's business. */
function unsent(channel: string, count: number, cause: unknown): unknown {
  if (!(cause instanceof DeliveryError) || isOptedOut(cause)) return cause;
  const { code, platformCode, retryable, mayHaveArrived, retryAfterMs } = cause;
  const what = count === 1 ? 'the last message was' : `the last ${count} messages were`;
  return new DeliveryError(`of an answer, ${what} not sent`, {
    channel,
    code,
    platformCode,
    retryable,
    mayHaveArrived,
    retryAfterMs,
    cause,
  });
}

/** TwiML has texts, media and a callback, from the number that was written to; nothing else. */
function fitsTwiml(parameters: MessageParameters): boolean {
  for (const name in parameters) if (!IN_TWIML.has(name)) return false;
  return true;
}

const IN_TWIML: ReadonlySet<string> = new Set(['body', 'mediaUrl', 'statusCallback']);
