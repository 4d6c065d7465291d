import { createRequire } from 'node:module';
import type DomainModule from 'twilio/lib/base/Domain.js';
import type VersionModule from 'twilio/lib/base/Version.js';
import type * as MessageModule from 'twilio/lib/rest/api/v2010/account/message.js';
import { isJsonObject, type JsonObject } from '@trunkline/core';
import type { ResolvedSmsAccount, ResolvedSmsOptions } from './credentials.ts';
import { deliveryError, refusalOf } from './errors.ts';
import { codeIn, TwilioHttp, type SdkRequest } from './http.ts';
import type { MessageParameters } from './parameters.ts';

/** A message as Twilio has it. */
export interface TwilioMessage {
  sid: string;
  status: string;
  body: string | null;
  from: string | null;
  dateCreated: Date | null;
}

/** What is searched for in Twilio's log. */
export interface MessageSearch {
  to: string;
  from: string | null;
  /** Nothing that was made before. */
  since: Date;
}

type MessageListInstance = MessageModule.MessageListInstance;

/** How many messages of Twilio's log are looked at. */
const SEARCHED = 50;

/**
 * Messages at Twilio, by the SDK's own code for that resource. The rest of the SDK (240 ms
 * of CPU, 21 MB) is never loaded, nor is any of it before the first message is sent.
 */
export class TwilioMessages {
  readonly #options: Pick<ResolvedSmsOptions, 'name' | 'apiUrl'>;
  readonly #http: TwilioHttp;
  readonly #lists = new Map<string, MessageListInstance>();

  constructor(options: ResolvedSmsOptions) {
    const { name: channel, apiUrl, timeoutMs, maxRetries, clock } = options;
    this.#options = options;
    this.#http = new TwilioHttp({
      channel,
      origin: new URL(apiUrl).origin,
      timeoutMs,
      maxRetries,
      clock,
    });
  }

  /** Sends a message. @throws DeliveryError */
  async create(
    account: ResolvedSmsAccount,
    { sendAt, ...parameters }: MessageParameters & { to: string },
  ): Promise<TwilioMessage> {
    try {
      const list = this.#listOf(account);
      const written =
        sendAt === undefined ? parameters : { ...parameters, sendAt: new Date(sendAt) };
      // Whether a word is one of Twilio's is for Twilio to say.
      return await list.create(written as Parameters<MessageListInstance['create']>[0]);
    } catch (error) {
      throw deliveryError(this.#options.name, error);
    }
  }

  /** The newest messages to somebody. @throws DeliveryError */
  async search(
    account: ResolvedSmsAccount,
    { to, from, since }: MessageSearch,
  ): Promise<TwilioMessage[]> {
    try {
      const list = this.#listOf(account);
      const sender = from === null ? {} : { from };
      const page = { pageSize: SEARCHED, limit: SEARCHED };
      return await list.list({ to, ...sender, dateSentAfter: since, ...page });
    } catch (error) {
      throw deliveryError(this.#options.name, error);
    }
  }

  /** Lets go of the connections. */
  async close(): Promise<void> {
    await this.#http.close();
  }

  #listOf(account: ResolvedSmsAccount): MessageListInstance {
    const known = this.#lists.get(account.accountSid);
    if (known !== undefined) return known;
    const list = this.#load(account);
    this.#lists.set(account.accountSid, list);
    return list;
  }

  #load({ accountSid, authTokens }: ResolvedSmsAccount): MessageListInstance {
    const { name: channel, apiUrl } = this.#options;
    const request = (what: SdkRequest): ReturnType<TwilioHttp['request']> =>
      this.#http.request(what, accountSid, authTokens[0]);
    const { MessageListInstance: listOf, Version, Domain } = loadSdk();
    type V2010 = Parameters<typeof listOf>[0];
    // Of the client a domain uses this method alone, and of a version the list uses what every one has.
    const domain = new Domain({ request } as unknown as SdkClient, apiUrl);
    const version = new Version(domain, '2010-04-01');
    let url: string | null = null;
    // The SDK's own makes a regular expression for each part of the address, and reads three dates of
    // each message: that costs as much as a quarter of the request, and nobody looks at it.
    version.create = async ({ uri = '', headers = {}, data = {} }) => {
      url ??= version.absoluteUrl(uri);
      const { statusCode, body } = await request({ method: 'post', uri: url, headers, data });
      if (statusCode < 200 || statusCode > 299) throw refusalOf(channel, statusCode, codeIn(body));
      const made: unknown = JSON.parse(body);
      return isJsonObject(made) ? resourceOf(made) : made;
    };
    return listOf(version as V2010, accountSid);
  }
}

/**
 * As much of an answer as somebody looks at. Of a date that is missing the SDK would make now, and write it
 * out to see whether it is one. Spelt out: what the SDK makes of an object that was spread costs six
 * times as much.
 */
function resourceOf({ sid, status }: JsonObject): object {
  return { sid, status, date_created: null, date_sent: null, date_updated: null };
}

type Sdk = Pick<typeof MessageModule, 'MessageListInstance'> & {
  Version: typeof VersionModule.default;
  Domain: typeof DomainModule.default;
};
type SdkClient = ConstructorParameters<Sdk['Domain']>[0];

function loadSdk(): Sdk {
  const require = createRequire(import.meta.url);
  // What the files export: they are CommonJS, and typed beside.
  const { MessageListInstance } = require('twilio/lib/rest/api/v2010/account/message') as Sdk;
  const { default: Version } = require('twilio/lib/base/Version') as typeof VersionModule;
  const { default: Domain } = require('twilio/lib/base/Domain') as typeof DomainModule;
  return { MessageListInstance, Version, Domain };
}
