import {
  ConfigurationError,
  InputChannel,
  sendJson,
  type Address,
  type OutputChannel,
  type ResponseParts,
  type Route,
  type Turns,
  type UserAttachment,
} from '@trunkline/core';
import { Accounts } from './accounts.ts';
import { destinationOf, type Destination } from './address.ts';
import { RestCarrier, type Carrier } from './carrier.ts';
import { Consent } from './consent.ts';
import {
  optionsFromCredentials,
  resolveOptions,
  statusCallbackAt,
  type ResolvedSmsOptions,
} from './credentials.ts';
import { download, type DownloadOptions } from './downloads.ts';
import { Inbox } from './inbox.ts';
import type { SmsOptions } from './options.ts';
import { SmsOutput } from './output.ts';
import { Pace } from './pace.ts';
import type { SmsParameters } from './parameters.ts';
import { Statuses } from './statuses.ts';
import { TwilioMessages } from './twilio.ts';

declare module '@trunkline/core' {
  interface ChannelOverrides {
    /** What is said by SMS instead, and parameters of Twilio's for it. */
    sms?: ResponseParts & SmsParameters;
  }
}

/**
 * SMS and MMS by Twilio, in the place of Rasa's `twilio` channel.
 *
 * - `POST /webhooks/sms/webhook`: a message comes in
 * - `POST /webhooks/sms/status`: what became of a message
 * - `GET /webhooks/sms/`: `{"status":"ok"}`
 */
export class SmsInput extends InputChannel {
  override readonly name: string;
  readonly #options: ResolvedSmsOptions;
  readonly #accounts: Accounts;
  readonly #messages: TwilioMessages;
  #rest: Carrier | null = null;

  /** @throws ConfigurationError - an option is missing, unknown or malformed. */
  constructor(options: SmsOptions) {
    super();
    this.#options = resolveOptions(options);
    this.name = this.#options.name;
    this.#accounts = new Accounts(this.#options.accounts, this.name);
    this.#messages = new TwilioMessages(this.#options);
  }

  /** Takes Rasa's `account_sid`, `auth_token` and `twilio_number`, and all other options by name. */
  static override fromCredentials(credentials: unknown): SmsInput {
    return new SmsInput(optionsFromCredentials(credentials, 'sms'));
  }

  /** Rasa calls the channel `twilio`, and so do the webhooks of its users. */
  override urlAliases(): readonly string[] {
    return this.name === 'sms' ? ['twilio'] : [];
  }

  override routes(turns: Turns): Route[] {
    const inbox = this.#inboxOver(turns);
    return [
      { method: 'GET', path: '/', handle: (_req, res) => sendJson(res, 200, { status: 'ok' }) },
      { method: 'POST', path: '/webhook', handle: (req, res) => inbox.receive(req, res) },
      { method: 'POST', path: '/status', handle: (req, res) => inbox.report(req, res) },
    ];
  }

  /**
   * How to reach a phone: a new object a call.
   *
   * @param address - As a message has it; `{ to: '+15557654321' }` is enough where there is one account.
   */
  override getOutputChannel(address: Address): OutputChannel {
    const destination = destinationOf(this.name, this.#accounts, address);
    if (this.#rest === null) {
      throw new ConfigurationError('the channel is in no line yet: new Trunkline({ channels })', {
        channel: this.name,
      });
    }
    return this.#outputFor(destination, this.#rest);
  }

  /**
   * Downloads a file that came with a message. Twilio gives it to nobody without the account's login.
   *
   * @throws DeliveryError - it is none of an account of ours, too large, or Twilio does not give it.
   */
  async download(attachment: UserAttachment, options?: DownloadOptions): Promise<Buffer> {
    const { name: channel, apiUrl, timeoutMs } = this.#options;
    const context = { channel, accounts: this.#accounts, apiUrl, timeoutMs };
    return await download(context, attachment, options);
  }

  /** Lets go of the connections to Twilio. */
  override async close(): Promise<void> {
    await this.#messages.close();
  }

  #inboxOver(turns: Turns): Inbox {
    const statusCallback = statusCallbackAt(this.#options, this.mountPath);
    const options = { ...this.#options, statusCallback };
    const { name: channel, clock, onStatus, logger, searchUnknown } = options;
    const { values } = turns.store;
    const consent = new Consent(values);
    const statuses = new Statuses({ channel, values, onStatus, logger });
    const pace = new Pace(channel, clock, options.segmentsPerSecond);
    const messages = this.#messages;
    const accounts = this.#accounts;
    const sending = { messages, accounts, consent, pace, statuses };
    const rest = new RestCarrier({ channel, ...sending, searchUnknown, statusCallback, logger });
    this.#rest = rest;
    return new Inbox({
      options,
      accounts,
      turns,
      consent,
      statuses,
      rest,
      outputFor: (destination, carrier) => this.#outputFor(destination, carrier),
      metadataOf: () =>
        this.getMetadata === InputChannel.prototype.getMetadata
          ? null
          : (req, body) => this.getMetadata(req, body),
    });
  }

  #outputFor(destination: Destination, carrier: Carrier): OutputChannel {
    return new SmsOutput({ options: this.#options, destination, carrier });
  }
}
