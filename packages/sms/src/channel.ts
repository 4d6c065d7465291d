import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  ConfigurationError,
  InputChannel,
  OverloadedError,
  sendJson,
  UserMessage,
  type Address,
  type OutputChannel,
  type ResponseParts,
  type Route,
  type Turns,
} from '@trunkline/core';
import { Accounts } from './accounts.ts';
import { accountOf, addressOf, destinationOf, type Destination } from './address.ts';
import { RestCarrier, type Carrier } from './carrier.ts';
import { Consent } from './consent.ts';
import {
  optionsFromCredentials,
  resolveOptions,
  type ResolvedSmsOptions,
  type SmsOptions,
} from './credentials.ts';
import { SmsOutput } from './output.ts';
import { Pace } from './pace.ts';
import type { SmsParameters } from './parameters.ts';
import { parseInbound, type Inbound } from './parse.ts';
import { readSigned } from './request.ts';
import { acknowledge } from './twiml.ts';
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
  #carrier: Carrier | null = null;

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

  override routes(turns: Turns): Route[] {
    const { name, segmentsPerSecond, clock } = this.#options;
    const consent = new Consent(turns.store.values);
    this.#carrier = new RestCarrier({
      channel: name,
      messages: this.#messages,
      consent,
      pace: new Pace(name, clock, segmentsPerSecond),
    });
    return [
      { method: 'GET', path: '/', handle: (_req, res) => sendJson(res, 200, { status: 'ok' }) },
      {
        method: 'POST',
        path: '/webhook',
        handle: (req, res) => this.#receive(turns, req, res),
      },
    ];
  }

  /** @param address - As a message has it; `{ to }` is enough where there is one account. */
  override getOutputChannel(address: Address): OutputChannel {
    const destination = destinationOf(this.name, this.#accounts, address);
    if (this.#carrier === null) {
      throw new ConfigurationError('the channel is in no line yet: new Trunkline({ channels })', {
        channel: this.name,
      });
    }
    return new SmsOutput({ name: this.name, destination, carrier: this.#carrier });
  }

  /** Lets go of the connections to Twilio. */
  override async close(): Promise<void> {
    await this.#messages.close();
  }

  async #receive(turns: Turns, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const parameters = await readSigned(req, this.#options, this.#accounts);
    const inbound = parseInbound(this.name, parameters);
    const destination = this.#destinationOf(inbound);
    const message = this.#messageOf(req, inbound, destination);
    const acceptance = await turns.accept(message);
    if (acceptance === 'refused') {
      throw new OverloadedError('too many messages wait: deliver it again', {
        channel: this.name,
        code: 'too_many_waiting',
        retryAfterMs: 1_000,
      });
    }
    acknowledge(res);
  }

  #destinationOf({ accountSid, to, from, service }: Inbound): Destination {
    const sender = this.#accounts.receiver(accountSid, to, service);
    // The request is signed with a token of this account.
    if (sender === null) throw new Error('there is no such account');
    return { sender, to: from, since: null };
  }

  #messageOf(req: IncomingMessage, inbound: Inbound, destination: Destination): UserMessage {
    const { messageId, from, text, choice, attachments, metadata } = inbound;
    return new UserMessage({
      messageId,
      senderId: from,
      text,
      choice,
      attachments,
      metadata: this.getMetadata(req, inbound) ?? metadata,
      account: accountOf(destination),
      address: addressOf(destination),
      inputChannel: this.name,
    });
  }
}
