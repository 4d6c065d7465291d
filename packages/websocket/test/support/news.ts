import { isJsonObject, type JsonObject, type JsonValue } from '@trunkline/core';

/** Whether this is what one process tells the others of a stream that grows. */
export function isPiece(news: JsonValue): news is JsonObject {
  return isJsonObject(news) && news['kind'] === 'piece';
}
