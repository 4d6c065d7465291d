import { isDeeperThan } from '../../http/body.ts';
import type { BotMessage } from '../../message/bot-message.ts';
import { problemOf } from '../../message/check-response.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../message/json.ts';
import { toBotMessage } from '../../responses/to-bot-message.ts';
import type { IntentOptions } from '../../turns/triggered-intent.ts';
import { ParameterError } from './error-document.ts';

/** Nothing that is said is nested deeper. */
const MAX_DEPTH = 64;

/**
 * Reads the body of `trigger_intent`: `{ name, entities }`, the entities as a list or in Rasa's
 * shorthand `{ entity: value }`.
 *
 * @throws ParameterError
 */
export function readIntent(value: unknown): IntentOptions {
  const body = readObject(value);
  const { name, entities = null } = body;
  if (typeof name !== 'string' || name === '') {
    throw new ParameterError('the body must name the intent: {"name": "greet"}', 'name', 'body');
  }
  return { name, entities: readEntities(entities) };
}

function readEntities(entities: JsonValue): JsonObject[] {
  if (entities === null) return [];
  if (Array.isArray(entities) && entities.every(isJsonObject)) return entities;
  if (!isJsonObject(entities)) {
    const form = 'entities must be a list of {"entity", "value"}, or {"<entity>": <value>}';
    throw new ParameterError(form, 'entities', 'body');
  }
  return Object.entries(entities).map(([entity, value]) => ({ entity, value }));
}

/** Reads the body of `messages`: a response, in Rasa's names or in ours. @throws ParameterError */
export function readResponse(value: unknown): BotMessage {
  const body = readObject(value);
  if ('sender' in body) {
    const why =
      'a response has no sender: this sends to the user, while the endpoint of this name in Rasa ' +
      'writes down what a user has said';
    throw new ParameterError(why, 'sender', 'body');
  }
  const response = toBotMessage(body);
  const problem = problemOf(response);
  if (problem === null) return response;
  const { part, form } = problem;
  const given = part in body ? part : part.replace(/quickReplies$/, 'quick_replies');
  throw new ParameterError(`${given} ${form}`, given, 'body');
}

function readObject(value: unknown): JsonObject {
  if (!isJsonObject(value)) throw new ParameterError('the body must be a JSON object', '', 'body');
  if (!isDeeperThan(value, MAX_DEPTH)) return value;
  throw new ParameterError(`the body is nested deeper than ${MAX_DEPTH} levels`, '', 'body');
}
