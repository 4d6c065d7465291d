import type { BotMessage } from '../message/bot-message.ts';
import { checkResponse } from '../message/check-response.ts';
import { isJsonObject } from '../message/json.ts';
import type { Transform, TransformEntry } from './reply.ts';

/**
 * A response after the transforms, one after the other; `null` where one of them drops it.
 *
 * @throws TypeError - one of them returns what is no response.
 */
export async function transformed(
  transforms: readonly TransformEntry[],
  response: BotMessage,
  context: Parameters<Transform>[1],
): Promise<BotMessage | null> {
  let current: BotMessage | null = response;
  for (const { transform } of transforms) {
    current = await transform(current, context);
    if (current === null) return null;
    if (!isJsonObject(current)) throw notResponse(current);
    checkResponse(current);
  }
  return current;
}

function notResponse(value: unknown): TypeError {
  const what =
    value === undefined ? 'nothing' : `a ${Array.isArray(value) ? 'list' : typeof value}`;
  return new TypeError(
    `a transform must return the response, or null to drop it, and has returned ${what}`,
  );
}
