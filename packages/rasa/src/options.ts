import {
  ConfigurationError,
  guardLogger,
  isJsonObject,
  systemClock,
  type Clock,
  type InputChannel,
  type Logger,
} from '@trunkline/core';
import { jwtOf } from './auth.ts';
import type { RasaCallback } from './callback.ts';
import { senderIdsOf, type SenderIds } from './sender-ids.ts';
import type { TokenMode } from './tokens.ts';

/** What Rasa's `--jwt-secret` and `--jwt-method` are told. */
export interface RasaJwt {
  /** The secret (HS…), or the private key in PEM form (RS…, PS…, ES…). */
  key: string;
  /** The algorithm. @defaultValue `HS256` */
  algorithm?: string;
}

/** Options of a `RasaAssistant`. */
export interface RasaOptions {
  /** Where Rasa is, `http://localhost:5005` say; a path in front of Rasa's own is kept. */
  url: string;
  /** Rasa's `--auth-token`, for what needs Rasa's API. */
  token?: string;
  /** How the tokens are signed that Rasa's API asks for. */
  jwt?: RasaJwt;
  /**
   * What a conversation is called in Rasa. `qualified`: channel, account and sender id, so that no
   * two conversations share a tracker. `plain`: the sender id alone. Or an object of your own.
   *
   * @defaultValue `qualified`
   */
  senderId?: 'qualified' | 'plain' | SenderIds;
  /**
   * Which texts are the tokens of one streamed response, since Rasa does not say.
   *
   * @defaultValue `detect`
   */
  tokens?: TokenMode;
  /**
   * Whether Rasa's tracker state is put on the output channel, as Rasa has saved it when the first
   * response comes: what the turn itself changes is saved at its end. Needs Rasa's API, and one
   * request more a turn.
   *
   * @defaultValue `false`
   */
  trackerState?: boolean;
  /**
   * Whether a turn that is run again asks Rasa's tracker first if the message was heard, and then
   * says what Rasa has answered. Needs Rasa's API, and adds `trunkline_message_id` to the metadata.
   *
   * @defaultValue `false`
   */
  resume?: boolean;
  /** How long a connection to Rasa may take, in milliseconds. @defaultValue 5,000 */
  connectMs?: number;
  /** How long Rasa may take until it says something, in milliseconds. @defaultValue 30,000 */
  firstByteMs?: number;
  /** How long Rasa may be silent within an answer, in milliseconds. @defaultValue 30,000 */
  idleMs?: number;
  /** How long an answer may take as a whole, in milliseconds. @defaultValue 120,000 */
  totalMs?: number;
  /** How long a Rasa that cannot be reached is asked again within a turn, in milliseconds. @defaultValue 5,000 */
  retryMs?: number;
  /**
   * Has messages go to Rasa's `callback` channel, whose posts this takes, instead of to `rest`. Rasa
   * says its reminders where the turn was that has set them, so that this is the way to get them. It
   * passes on no metadata and no channel's name, and streams no tokens.
   *
   * The channel itself, or its name (`rasa`) where the line has it from elsewhere: with `trunkline run`,
   * from its credentials.
   *
   * @defaultValue Rasa's `rest` channel
   */
  via?: RasaCallback | string;
  /** Where warnings go. @defaultValue nowhere */
  logger?: Logger;
  /** Time. @defaultValue the machine's */
  clock?: Clock;
}

/** The options with their defaults, checked. */
export interface ResolvedRasaOptions extends Required<
  Omit<RasaOptions, 'url' | 'token' | 'jwt' | 'senderId' | 'via' | 'logger'>
> {
  /** `http://localhost:5005`, for people and for the pool. */
  origin: string;
  /** What stands in front of Rasa's own paths: empty, or `/rasa`. */
  prefix: string;
  token: string | null;
  jwt: Required<RasaJwt> | null;
  senderIds: SenderIds;
  via: RasaCallback | string | null;
  logger: Logger | null;
}

const DEFAULTS = {
  connectMs: 5_000,
  firstByteMs: 30_000,
  idleMs: 30_000,
  totalMs: 120_000,
  retryMs: 5_000,
};

const NAMES = [
  'url',
  'token',
  'jwt',
  'senderId',
  'tokens',
  'trackerState',
  'resume',
  ...Object.keys(DEFAULTS),
  'via',
  'logger',
  'clock',
];

/** Checks the options and fills in the defaults. @throws ConfigurationError */
export function resolveOptions(options: RasaOptions): ResolvedRasaOptions {
  if (!isOptions(options)) throw fail('takes options: new RasaAssistant({ url })');
  const unknown = Object.keys(options).find((key) => !NAMES.includes(key));
  if (unknown !== undefined) {
    throw fail(`has no option "${unknown}": there are ${NAMES.join(', ')}`);
  }
  const { tokens = 'detect', trackerState = false, resume = false, token = null } = options;
  if (token !== null && (typeof token !== 'string' || token === '')) {
    throw fail('token must be a text that is not empty, or be left out');
  }
  if (!['detect', 'join', 'separate'].includes(tokens)) {
    throw fail('tokens must be "detect", "join" or "separate"');
  }
  for (const [name, value] of Object.entries({ trackerState, resume })) {
    if (typeof value !== 'boolean') throw fail(`${name} must be true or false`);
  }
  const { via = null } = options;
  if (via !== null && !isCallback(via) && (typeof via !== 'string' || via === '')) {
    throw fail(
      'via must be a RasaCallback, new RasaCallback({ secret }), or the name of one, "rasa"',
    );
  }
  if (via !== null && resume) {
    throw fail('resume does not go with via: Rasa’s callback channel forgets which message it was');
  }
  const refuse = (message: string): never => {
    throw fail(message);
  };
  return {
    ...placeOf(options.url),
    ...limitsOf(options),
    token,
    jwt: jwtOf(options.jwt, refuse),
    senderIds: senderIdsOf(options.senderId, refuse),
    tokens,
    trackerState,
    resume,
    via,
    logger: options.logger ? guardLogger(options.logger) : null,
    clock: options.clock ?? systemClock,
  };
}

/**
 * The callback that the option `via` names.
 *
 * @throws ConfigurationError - the line has none of this name.
 */
export function callbackAmong(channels: readonly InputChannel[], via: string): RasaCallback {
  const found = channels.find(({ name }) => name === via);
  if (isCallback(found)) return found;
  const what =
    found === undefined
      ? `the line has no channel of this name: it has ${channels.map(({ name }) => name).join(', ')}`
      : 'this channel is no RasaCallback';
  throw fail(
    `via names "${via}", and ${what}. Name "@trunkline/rasa#RasaCallback" in the credentials`,
  );
}

/** The error of an assistant within another one, which hands on messages alone. */
export function notIntroduced(via: string): ConfigurationError {
  const why = "nobody has told the assistant of the line's channels";
  return fail(`via names "${via}", and ${why}: hand on onChannels(), or pass the channel itself`);
}

/** By its shape: there may be two copies of this package. */
function isCallback(value: unknown): value is RasaCallback {
  return typeof Object(value).during === 'function';
}

function placeOf(url: unknown): { origin: string; prefix: string } {
  if (typeof url !== 'string' || !URL.canParse(url)) {
    throw fail('url must say where Rasa is: "http://localhost:5005"');
  }
  const { protocol, origin, pathname, username, password, search, hash } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') throw fail('url must begin with http(s)://');
  if (username !== '' || password !== '') {
    throw fail('url must not hold a user and a password: they would be read in logs');
  }
  if (search !== '' || hash !== '') {
    throw fail('url must end with its path; the token has an option of its own');
  }
  return { origin, prefix: pathname.replace(/\/+$/, '') };
}

function limitsOf(options: RasaOptions): typeof DEFAULTS {
  const limits = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]) {
    const value = options[name] ?? DEFAULTS[name];
    const minimum = name === 'retryMs' ? 0 : 1;
    if (!Number.isInteger(value) || value < minimum) {
      throw fail(`${name} must be a whole number of at least ${minimum}`);
    }
    limits[name] = value;
  }
  return limits;
}

/** By hand, since nobody checks types in JavaScript. */
const isOptions = (options: unknown): boolean => isJsonObject(options);

const fail = (message: string): ConfigurationError =>
  new ConfigurationError(`RasaAssistant: ${message}`);
