import {
  ConfigurationError,
  guardLogger,
  isJsonObject,
  systemClock,
  type Clock,
  type Logger,
} from '@trunkline/core';
import type { SmsMenuOptions, SmsOptions } from './options.ts';
import type { SmsStatus } from './status.ts';

/** An account, checked. */
export interface ResolvedSmsAccount {
  accountSid: string;
  /** The first sends. */
  authTokens: readonly [string, ...string[]];
  number: string | null;
  service: string | null;
}

/** The options with their defaults, checked. */
export interface ResolvedSmsOptions {
  name: string;
  accounts: readonly ResolvedSmsAccount[];
  /** Without a slash at its end. */
  publicUrl: string | null;
  trustProxy: boolean;
  reply: 'rest' | 'twiml';
  menu: Required<SmsMenuOptions>;
  smartEncoding: boolean;
  advancedOptOut: boolean;
  searchUnknown: boolean;
  segmentsPerSecond: number;
  /** The one that is named; `null` for none, or the one of our own. */
  statusCallback: string | null;
  /** The public URL that our own is below; `null` where another one is named, or none is wanted. */
  statusBase: string | null;
  onStatus: ((status: SmsStatus) => void | Promise<void>) | null;
  bodyLimitBytes: number;
  timeoutMs: number;
  maxRetries: number;
  apiUrl: string;
  logger: Logger | null;
  clock: Clock;
}

const NUMBERS = {
  segmentsPerSecond: Number.POSITIVE_INFINITY,
  bodyLimitBytes: 64 * 1024,
  timeoutMs: 15_000,
};
const FLAGS = {
  trustProxy: false,
  smartEncoding: true,
  advancedOptOut: false,
  searchUnknown: false,
};
const ACCOUNT_NAMES = ['accountSid', 'authToken', 'twilioNumber', 'messagingServiceSid'];
const NAMES = [
  'name',
  ...ACCOUNT_NAMES,
  'accounts',
  'publicUrl',
  'reply',
  'menu',
  'statusCallback',
  'onStatus',
  'maxRetries',
  'apiUrl',
  'logger',
  'clock',
  ...Object.keys(NUMBERS),
  ...Object.keys(FLAGS),
];
const MENU_NAMES = ['ttlMs', 'repeat'];

type Fail = (message: string) => never;
type Values = Readonly<Record<string, unknown>>;

/** Checks the options and fills in the defaults. @throws ConfigurationError */
export function resolveOptions(options: SmsOptions): ResolvedSmsOptions {
  const { name = 'sms', reply = 'rest', menu = {}, maxRetries = 3, onStatus = null } = options;
  const { apiUrl = 'https://api.twilio.com', publicUrl, logger } = options;
  const fail: Fail = (message) => {
    throw new ConfigurationError(message, { channel: name });
  };
  const values: Values = { ...options };
  if (typeof name !== 'string' || name === '') fail('name must be a text that is not empty');
  assertKnown('', values, NAMES, fail);
  if (reply !== 'rest' && reply !== 'twiml') fail('reply must be "rest" or "twiml"');
  if (!Number.isInteger(maxRetries) || maxRetries < 0) fail('maxRetries must be a whole number');
  if (onStatus !== null && typeof onStatus !== 'function') fail('onStatus must be a function');
  if (!isJsonObject(menu)) fail('menu must hold ttlMs or repeat, or be left out');
  assertKnown('menu.', { ...menu }, MENU_NAMES, fail);
  const { ttlMs = 60 * 60 * 1000, repeat = true } = menu;
  const ownUrl = publicUrl === undefined ? null : urlOf('publicUrl', publicUrl, fail);
  return {
    ...numbersOf(values, fail),
    ...flagsOf(values, fail),
    name,
    accounts: resolveAccounts(options, fail),
    publicUrl: ownUrl,
    ...resolveCallback(options, ownUrl, fail),
    reply,
    menu: {
      ttlMs: positive('menu.ttlMs', ttlMs, fail),
      repeat: flag('menu.repeat', repeat, fail),
    },
    onStatus,
    maxRetries,
    apiUrl: urlOf('apiUrl', apiUrl, fail),
    logger: logger ? guardLogger(logger) : null,
    clock: options.clock ?? systemClock,
  };
}

/** Where Twilio reports to, by a channel that is mounted there; `null` for a channel in no line. */
export function statusCallbackAt(
  { name, statusCallback, statusBase }: ResolvedSmsOptions,
  mountPath: string | null,
): string | null {
  if (statusBase === null) return statusCallback;
  return `${statusBase}${mountPath ?? `/webhooks/${name}`}/status`;
}

function resolveCallback(
  { statusCallback }: SmsOptions,
  publicUrl: string | null,
  fail: Fail,
): Pick<ResolvedSmsOptions, 'statusCallback' | 'statusBase'> {
  if (statusCallback === false) return { statusCallback: null, statusBase: null };
  if (statusCallback !== undefined) {
    // Somebody's own, who knows it by its slash at the end, its query, and Twilio's options behind `#`.
    if (!isUrl(statusCallback)) {
      return fail('statusCallback must be an address such as https://bot.example.org/status');
    }
    if (hasUnderscore(statusCallback))
      fail(`statusCallback names a host with an underscore: ${NO_UNDERSCORE}`);
    return { statusCallback, statusBase: null };
  }
  if (publicUrl !== null && hasUnderscore(publicUrl)) {
    fail(
      `publicUrl names a host with an underscore, below which Twilio is to report: ${NO_UNDERSCORE}. Give another statusCallback, or false`,
    );
  }
  // An address that only this machine knows is none that Twilio takes.
  const isLocal =
    publicUrl !== null && /^(?:localhost|127\.|\[::1\])/.test(new URL(publicUrl).hostname);
  return { statusCallback: null, statusBase: isLocal ? null : publicUrl };
}

/** @see https://www.twilio.com/docs/api/errors/21609 */
const NO_UNDERSCORE = 'Twilio takes none for status callbacks, and would refuse every message';

const hasUnderscore = (url: string): boolean => new URL(url).hostname.includes('_');

/**
 * The options of a section of `credentials.yml`: Rasa's names, `account_sid`, `auth_token` and
 * `twilio_number`, and all others as they are here or with underscores.
 */
export function optionsFromCredentials(credentials: unknown, name: string): SmsOptions {
  if (!isJsonObject(credentials)) {
    throw new ConfigurationError(
      'its section in the credentials must hold account_sid, auth_token and twilio_number',
      { channel: name },
    );
  }
  // Checked by resolveOptions, key by key.
  return camelCased(credentials) as SmsOptions;
}

function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased);
  if (!isJsonObject(value)) return value;
  const camel = (key: string): string =>
    key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [camel(key), camelCased(item)]),
  );
}

function resolveAccounts(options: SmsOptions, fail: Fail): ResolvedSmsAccount[] {
  const { accounts } = options;
  const values: Values = { ...options };
  if (accounts === undefined) return [resolveAccount('', values, fail)];
  const both = ACCOUNT_NAMES.find((key) => values[key] !== undefined);
  if (both !== undefined) fail(`give ${both} or accounts, not both`);
  if (!Array.isArray(accounts) || accounts.length === 0) {
    fail('accounts must be a list of { accountSid, authToken, twilioNumber }');
  }
  const resolved = accounts.map((account, index) =>
    resolveAccount(`accounts[${index}].`, { ...account }, fail),
  );
  const senders = resolved.map((a) => `${a.accountSid} ${a.service ?? a.number}`);
  const twice = senders.findIndex((sender, index) => senders.indexOf(sender) !== index);
  if (twice !== -1) fail(`accounts[${twice}] has the same sender as one before it`);
  return resolved;
}

function resolveAccount(lead: string, values: Values, fail: Fail): ResolvedSmsAccount {
  if (lead !== '') assertKnown(lead, values, ACCOUNT_NAMES, fail);
  const { accountSid, authToken, twilioNumber = null, messagingServiceSid = null } = values;
  if (typeof accountSid !== 'string' || !/^AC[0-9a-f]{32}$/i.test(accountSid)) {
    return fail(
      `${lead}accountSid (account_sid) must be the SID of the account, "AC" and 32 digits: see the Twilio Console`,
    );
  }
  const [first, ...others]: unknown[] = [authToken].flat();
  if (!isToken(first) || !others.every(isToken)) {
    return fail(
      `${lead}authToken (auth_token) must be the auth token of the account, or a list of tokens: see the Twilio Console`,
    );
  }
  if (twilioNumber === null && messagingServiceSid === null) {
    return fail(
      `${lead}twilioNumber (twilio_number) is missing: the number to send from, "+15550001111" say; or give ${lead}messagingServiceSid`,
    );
  }
  if (twilioNumber !== null && !isAddress(twilioNumber)) {
    return fail(
      `${lead}twilioNumber (twilio_number) must be a text such as "+15550001111" or "whatsapp:+15550001111", in quotes in YAML`,
    );
  }
  if (messagingServiceSid !== null && !isService(messagingServiceSid)) {
    return fail(`${lead}messagingServiceSid must be the SID of the service, "MG" and 32 digits`);
  }
  const authTokens: [string, ...string[]] = [first, ...others];
  return { accountSid, authTokens, number: twilioNumber, service: messagingServiceSid };
}

const isToken = (value: unknown): value is string => typeof value === 'string' && value !== '';

const isService = (value: unknown): value is string =>
  typeof value === 'string' && /^MG[0-9a-f]{32}$/i.test(value);

/** A number or a short code, or one of another platform, without white space; or a sender's name. */
const isAddress = (value: unknown): value is string =>
  typeof value === 'string' && (/^(?:[a-z]+:)?[+\w.-]{3,}$/i.test(value) || SENDER_ID.test(value));

/** Eleven characters at most, one of them a letter. @see https://help.twilio.com/articles/223181348 */
const SENDER_ID = /^(?=.*[a-z])[\w+&-](?:[\w+& -]{0,9}[\w+&-])?$/i;

function assertKnown(lead: string, values: Values, names: readonly string[], fail: Fail): void {
  const unknown = Object.keys(values).find((key) => !names.includes(key));
  if (unknown === undefined) return;
  fail(`unknown option "${lead}${unknown}": there are ${names.join(', ')}`);
}

function numbersOf(values: Values, fail: Fail): typeof NUMBERS {
  const resolved = { ...NUMBERS };
  for (const key of Object.keys(NUMBERS) as (keyof typeof NUMBERS)[]) {
    resolved[key] = positive(key, values[key] ?? NUMBERS[key], fail);
  }
  return resolved;
}

function flagsOf(values: Values, fail: Fail): typeof FLAGS {
  const resolved = { ...FLAGS };
  for (const key of Object.keys(FLAGS) as (keyof typeof FLAGS)[]) {
    resolved[key] = flag(key, values[key] ?? FLAGS[key], fail);
  }
  return resolved;
}

function positive(name: string, value: unknown, fail: Fail): number {
  return typeof value === 'number' && value > 0 ? value : fail(`${name} must be a number above 0`);
}

function flag(name: string, value: unknown, fail: Fail): boolean {
  return typeof value === 'boolean' ? value : fail(`${name} must be true or false`);
}

const isUrl = (value: unknown): value is string =>
  typeof value === 'string' && /^https?:\/\/[^/]/.test(value) && URL.canParse(value);

function urlOf(name: string, value: unknown, fail: Fail): string {
  if (!isUrl(value) || /[?#]/.test(value)) {
    return fail(`${name} must be an address such as https://bot.example.org`);
  }
  return value.replace(/\/+$/, '');
}
