import type { ServerResponse } from 'node:http';
import { sendText, type Clock, type Receipt } from '@trunkline/core';
import type { Destination } from './address.ts';
import { assertConsent, isOptOutRefusal, type Carrier } from './carrier.ts';
import type { Consent } from './consent.ts';
import type { MessageParameters } from './parameters.ts';

/** Takes note of a message, and answers nothing. Any other type than XML would be sent to the user. */
export function acknowledge(res: ServerResponse): void {
  sendText(res, 200, 'text/xml', twiml([]));
}

/** Messages as TwiML. @see https://www.twilio.com/docs/messaging/twiml/message */
export function twiml(messages: readonly MessageParameters[]): string {
  const inner = messages.map(({ body, mediaUrl = [], statusCallback }) => {
    const action = statusCallback === undefined ? '' : ` action="${escape(statusCallback)}"`;
    const text = body === undefined ? '' : `<Body>${escape(body)}</Body>`;
    const media = mediaUrl.map((url) => `<Media>${escape(url)}</Media>`).join('');
    return `<Message${action}>${text}${media}</Message>`;
  });
  const head = '<?xml version="1.0" encoding="UTF-8"?>';
  return inner.length === 0
    ? `${head}<Response/>`
    : `${head}<Response>${inner.join('')}</Response>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

/** XML knows no control characters and no half of a pair: one of these would spoil the whole answer. */
function escape(text: string): string {
  return text
    .replaceAll(/[^\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replaceAll(/[&<>"]/g, (mark) => ENTITIES[mark] ?? mark);
}

/** What a {@link TwimlCarrier} works with. */
export interface TwimlCarrierOptions {
  channel: string;
  res: ServerResponse;
  /** Takes what Twilio's request cannot take any more. */
  rest: Carrier;
  consent: Consent;
  statusCallback: string | null;
  clock: Clock;
}

/** How long Twilio's request is kept, in milliseconds: Twilio itself gives up after 15 seconds. */
const DEADLINE_MS = 10_000;

/**
 * Answers Twilio's request with what is said until the deadline, and sends what is said later by
 * REST. Each message takes one of the two ways, once.
 */
export class TwimlCarrier implements Carrier {
  readonly #options: TwimlCarrierOptions;
  readonly #said: { destination: Destination; parameters: MessageParameters }[] = [];
  readonly #stop: () => void;
  #isOpen = true;
  #isSilent = true;
  /** The answer, or what becomes of it by REST: what comes later waits for it. */
  #settled: Promise<void> = Promise.resolve();

  constructor(options: TwimlCarrierOptions) {
    this.#options = options;
    const { res, clock } = options;
    const onGone = (): void => this.#settle(this.#move());
    const cancel = clock.after(DEADLINE_MS, () => void this.finish().catch(() => {}));
    res.once('close', onGone);
    this.#stop = () => {
      cancel();
      res.off('close', onGone);
    };
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
  async carry(destination: Destination, parameters: MessageParameters): Promise<Receipt> {
    const { channel, consent, rest, statusCallback } = this.#options;
    if (this.#isOpen && fitsTwiml(parameters)) {
      await assertConsent(channel, consent, destination);
      // It may have closed meanwhile.
      if (this.#isOpen) {
        const callback = statusCallback === null ? {} : { statusCallback };
        this.#isSilent = false;
        this.#said.push({ destination, parameters: { ...callback, ...parameters } });
        return {};
      }
    }
    // What comes by REST from here on must not overtake what is in the answer.
    await this.finish();
    this.#isSilent = false;
    return await rest.carry(destination, parameters);
  }

  /**
   * Answers, unless that is done. Resolves when everything that was said is on its way.
   *
   * @throws DeliveryError - Twilio went away without the answer, and REST did not take it either; or
   * nobody can say whether the user has opted out since.
   */
  async finish(): Promise<void> {
    if (this.#isOpen) this.#settle(this.#options.res.destroyed ? this.#move() : this.#answer());
    await this.#settled;
  }

  /** Leaves the answer to somebody else: nothing was said. */
  release(): void {
    this.#close();
  }

  /** From here on nothing more comes into the answer. */
  #settle(done: Promise<void>): void {
    this.#close();
    this.#settled = done;
    // Whoever speaks or finishes next is told.
    done.catch(() => {});
  }

  /** Writes the answer: empty for a user who has opted out since the first of it was said. */
  async #answer(): Promise<void> {
    const { res, channel, consent } = this.#options;
    const [first] = this.#said;
    try {
      if (first !== undefined) await assertConsent(channel, consent, first.destination);
    } catch (error) {
      acknowledge(res);
      if (isOptOutRefusal(error)) return;
      throw error;
    }
    if (res.destroyed) return await this.#move();
    const said = this.#said.map(({ parameters }) => parameters);
    sendText(res, 200, 'text/xml', twiml(said));
  }

  /** Twilio has gone without the answer: what was to be in it goes by REST. */
  async #move(): Promise<void> {
    for (const { destination, parameters } of this.#said) {
      await this.#options.rest.carry(destination, parameters);
    }
  }

  #close(): void {
    this.#isOpen = false;
    this.#stop();
  }
}

/** TwiML has texts, media and a callback, from the number that was written to; nothing else. */
function fitsTwiml(parameters: MessageParameters): boolean {
  const { body, mediaUrl } = parameters;
  return (
    Object.keys(parameters).every((name) => IN_TWIML.has(name)) && (body ?? mediaUrl) !== undefined
  );
}

const IN_TWIML: ReadonlySet<string> = new Set(['body', 'mediaUrl', 'statusCallback']);
