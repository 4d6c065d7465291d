import { ConfigurationError } from '../errors.ts';
import type { BotMessage } from '../message/bot-message.ts';
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
      // In JavaScript, what says nothing may return nothing.
      return isJsonObject(said) ? said : null;
    } catch (thrown) {
      onFailed(thrown);
      return null;
    }
  };
}
