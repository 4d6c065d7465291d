import { ConfigurationError } from '../errors.ts';
import { isPromise } from '../maybe-promise.ts';
import type { BotMessage } from '../message/bot-message.ts';
import { checkResponse } from '../message/check-response.ts';
import { isJsonObject } from '../message/json.ts';
import type { UserMessage } from '../message/user-message.ts';

/**
 * What is said to the user where the assistant has failed: a text, or what a function makes of the
 * message and the error. `null` says nothing.
 */
export type Apology = string | ((message: UserMessage, error: Error) => string | BotMessage | null);

/** The apology as a function that cannot fail. @throws ConfigurationError */
export function resolveApology(
  apology: Apology | undefined,
  onFailed: (error: unknown) => void,
): (message: UserMessage, error: Error) => BotMessage | null {
  if (apology === undefined) return () => null;
  if (typeof apology === 'string') return () => ({ text: apology });
  if (typeof apology !== 'function') {
    throw new ConfigurationError('apology must be a text or a function (message, error) => text');
  }
  return (message, error) => {
    try {
      const said = apology(message, error);
      if (typeof said === 'string') return { text: said };
      // In JavaScript, what says nothing may return nothing, and what is async a promise.
      if (!isJsonObject(said)) return null;
      if (isPromise(said)) throw isAsync(said);
      checkResponse(said);
      return said;
    } catch (thrown) {
      onFailed(thrown);
      return null;
    }
  };
}

/** Nobody hears of what it comes to, a rejection included. */
function isAsync(said: Promise<unknown>): TypeError {
  said.catch(() => {});
  return new TypeError('apology must return what is said, and not a promise of it');
}
