import { isJsonObject, type JsonObject, type Logger } from '@trunkline/core';
import { httpError, platformError, refusal } from './errors.ts';
import type { ApiResponse } from './http/transport.ts';
import { objectAt } from './parse/fields.ts';

/** What an answer is read with. */
export interface AnswerContext {
  /** The channel's name, for errors. */
  channel: string;
  method: string;
  logger: Logger | null;
}

/**
 * What Slack has answered.
 *
 * @throws DeliveryError - it refuses, or it was not Slack's API that answered.
 */
export function answerOf(
  { channel, method, logger }: AnswerContext,
  { status, retryAfterMs, text }: ApiResponse,
): JsonObject {
  if (status === 429) throw refusal(channel, method, 'ratelimited', { retryAfterMs });
  if (status !== 200) throw httpError(channel, method, status);
  const answer = objectOf(text);
  if (answer['ok'] !== true) throw platformError(channel, method, answer, retryAfterMs);
  const warnings = objectAt(answer, 'response_metadata')?.['warnings'];
  // Names of Slack's: nothing of what was sent is in them.
  if (warnings !== undefined) logger?.debug({ channel, method, warnings }, 'Slack has warned');
  return answer;
}

/** Empty for the page of a proxy's, say. */
function objectOf(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    return {};
  }
}
