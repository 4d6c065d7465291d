import type { Clock, Logger } from '@trunkline/core';
import type { SmsStatus } from './status.ts';

/** An account at Twilio, and who it sends as. */
export interface SmsAccount {
  /** The account's SID, `AC…`. */
  accountSid: string;
  /**
   * The primary auth token, which signs what Twilio sends; several while one is being replaced. The
   * first is used to send. An API key cannot check a signature.
   */
  authToken: string | readonly string[];
  /** The number to send from, `+15550001111`; short codes and `whatsapp:+…` too. */
  twilioNumber?: string | undefined;
  /** The Messaging Service to send by, `MG…`; its sender is picked by Twilio if no number is given. */
  messagingServiceSid?: string | undefined;
}

/** How numbered menus are answered. */
export interface SmsMenuOptions {
  /** How long a number is an answer, in milliseconds. @defaultValue 3,600,000 (an hour) */
  ttlMs?: number;
  /** Whether a number that is not on the menu gets it once more. @defaultValue `true` */
  repeat?: boolean;
}

/** Options of an {@link SmsInput}. Either one account, or `accounts`. Times are in milliseconds. */
export interface SmsOptions extends Partial<SmsAccount> {
  /** The channel's name and URL prefix. @defaultValue `sms`, which is mounted at `twilio` as well */
  name?: string;
  /** Several accounts or numbers; a message is answered by the one it was sent to. */
  accounts?: readonly SmsAccount[];
  /**
   * The server's address as Twilio calls it, `https://bot.example.org`: signatures are made over it, and
   * it is where Twilio reports what became of messages.
   *
   * @defaultValue what the request itself says, with `http` unless it came over TLS
   */
  publicUrl?: string;
  /**
   * Whether a proxy in front of the server sets `X-Forwarded-Proto` and `X-Forwarded-Host`, and nobody
   * else can.
   *
   * @defaultValue `false`
   */
  trustProxy?: boolean;
  /**
   * How messages are answered: `rest` by requests of our own, as deferred turns; `twiml` within
   * Twilio's request, as live turns.
   *
   * @defaultValue `rest`
   */
  reply?: 'rest' | 'twiml';
  /** How numbered menus are answered. */
  menu?: SmsMenuOptions;
  /** Whether look-alikes of characters of GSM-7 are replaced by them where that saves segments. @defaultValue `true` */
  smartEncoding?: boolean;
  /**
   * Whether the senders have Twilio's Advanced Opt-Out, whose `OptOutType` is then the only word on who
   * has opted out; else `STOP` and its like are recognised here.
   *
   * @defaultValue `false`
   */
  advancedOptOut?: boolean;
  /**
   * Whether Twilio's log is searched for a message whose request was never answered, before it is
   * sent again.
   *
   * @defaultValue `false`
   */
  searchUnknown?: boolean;
  /**
   * How many segments a second are sent from one number, by this process; on WhatsApp and RCS, which Twilio
   * counts apart, messages. @defaultValue no limit: Twilio queues what is faster than the number
   */
  segmentsPerSecond?: number;
  /**
   * Where Twilio reports what became of messages; `false` for nowhere.
   *
   * @defaultValue `status` below the channel's webhooks, `<publicUrl>/webhooks/sms/status`
   * say; nowhere without a public URL
   */
  statusCallback?: string | false;
  /** Told what became of each message: `queued`, `sent`, `delivered`, … */
  onStatus?: (status: SmsStatus) => void | Promise<void>;
  /** Bytes of a request's body. @defaultValue 65,536 */
  bodyLimitBytes?: number;
  /** How long a request to Twilio may take. @defaultValue 15,000 */
  timeoutMs?: number;
  /** How often a request that Twilio throttles (429) is made again at once. @defaultValue 3 */
  maxRetries?: number;
  /** Where Twilio's API is: another region, say. @defaultValue `https://api.twilio.com` */
  apiUrl?: string;
  /** Told what is odd. @defaultValue nobody is */
  logger?: Logger;
  /** Time. @defaultValue the machine's */
  clock?: Clock;
}
