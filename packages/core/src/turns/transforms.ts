import type { BotMessage } from '../message/bot-message.ts';
import type { Transform, TransformEntry } from './reply.ts';

/** A response after the transforms, one after the other; `null` where one of them drops it. */
export async function transformed(
  transforms: readonly TransformEntry[],
  response: BotMessage,
  context: Parameters<Transform>[1],
): Promise<BotMessage | null> {
  let current: BotMessage | null = response;
  for (const { transform } of transforms) {
    current = await transform(current, context);
    if (current === null) return null;
  }
  return current;
}
