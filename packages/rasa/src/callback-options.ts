import {
  ConfigurationError,
  isJsonObject,
  resolveTokens,
  systemClock,
  type Clock,
} from '@trunkline/core';
import { senderIdsOf, type SenderIds } from './sender-ids.ts';

/** Options of a `RasaCallback`. */
export interface RasaCallbackOptions {
  /**
   * What Rasa has to show: the `token` of `callback:` in Rasa's credentials, or several while one is
   * being replaced.
   */
  secret: string | readonly string[];
  /** The channel's name and URL prefix. @defaultValue `rasa` */
  name?: string;
  /** What a conversation is called in Rasa, as for `RasaAssistant`. @defaultValue `qualified` */
  senderId?: 'qualified' | 'plain' | SenderIds;
  /** Time. @defaultValue the machine's */
  clock?: Clock;
}

/** The options with their defaults, checked. */
export interface ResolvedCallbackOptions {
  name: string;
  secrets: readonly string[];
  senderIds: SenderIds;
  clock: Clock;
}

/** So few characters can be guessed. */
const MIN_SECRET_LENGTH = 16;

const NAMES = ['secret', 'name', 'senderId', 'clock'];

/** Checks the options and fills in the defaults. @throws ConfigurationError */
export function resolveCallbackOptions(options: RasaCallbackOptions): ResolvedCallbackOptions {
  const given: unknown = options;
  if (!isJsonObject(given)) throw fail('rasa', 'takes options: new RasaCallback({ secret })');
  const { secret, name = 'rasa', senderId, clock = systemClock } = options;
  if (typeof name !== 'string' || name === '') throw fail('rasa', 'name must be a text');
  const unknown = Object.keys(options).find((key) => !NAMES.includes(key));
  if (unknown !== undefined) {
    throw fail(name, `unknown option "${unknown}": there are ${NAMES.join(', ')}`);
  }
  const failHere = (message: string): never => {
    throw fail(name, message);
  };
  const secrets = resolveTokens(secret, 'secret', failHere);
  if (secrets.some(({ length }) => length < MIN_SECRET_LENGTH)) {
    failHere(
      `secret must have at least ${MIN_SECRET_LENGTH} characters: whoever knows it can speak`,
    );
  }
  const senderIds = senderIdsOf(senderId, failHere);
  return { name, secrets, senderIds, clock };
}

const fail = (channel: string, message: string): ConfigurationError =>
  new ConfigurationError(message, { channel });
