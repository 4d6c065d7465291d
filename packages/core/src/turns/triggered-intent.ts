import { ConfigurationError } from '../errors.ts';
import { isJsonObject, type JsonObject } from '../message/json.ts';
import { UserMessage } from '../message/user-message.ts';
import type { AssistantObject } from './assistant.ts';
import type { Place } from './address-book.ts';
import type { Reply } from './reply.ts';

/** An intent to trigger. */
export interface IntentOptions {
  /** Its name, as the assistant knows it. */
  name: string;
  /** Its entities: `{ entity, value, … }` each. @defaultValue none */
  entities?: readonly JsonObject[];
}

/** Whose conversation an intent is triggered in, and where that is. */
export interface IntentTarget extends Omit<Place, 'address' | 'key'> {
  senderId: string;
  address: Place['address'] | null;
}

/**
 * The message that an intent is in the conversation: one that nobody wrote.
 *
 * @see Rasa's `trigger_intent`
 */
export function intentMessage(
  { name, entities = [] }: IntentOptions,
  { senderId, channel, account, address }: IntentTarget,
  messageId: string,
): UserMessage {
  return new UserMessage({
    text: `EXTERNAL: ${name}`,
    senderId,
    messageId,
    inputChannel: channel,
    account,
    address,
    metadata: { is_external: true },
    parseData: { intent: { name }, entities: [...entities] },
  });
}

/** Has the assistant answer the intent that a message is. */
export function triggerIntent(
  assistant: AssistantObject,
  message: UserMessage,
  reply: Reply,
): unknown {
  if (assistant.triggerIntent === undefined) {
    throw new ConfigurationError('the assistant takes no intents: it has no triggerIntent()');
  }
  const { intent, entities } = message.parseData ?? {};
  const named = isJsonObject(intent) ? intent['name'] : null;
  const name = typeof named === 'string' ? named : '';
  const list = Array.isArray(entities) ? entities.filter(isJsonObject) : [];
  return assistant.triggerIntent({ name, entities: list, message }, reply);
}
