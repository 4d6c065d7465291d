import { splitText } from '@trunkline/core';

/**
 * The longest text of one message: over it, Twilio refuses the whole (21617). Counted in UTF-16 code
 * units, which are never fewer than Twilio's characters.
 *
 * @see https://www.twilio.com/docs/messaging/api/message-resource
 */
export const MAX_BODY = 1_600;

/**
 * A text as messages of at most {@link MAX_BODY}, or another limit. Where there are several, each begins with its
 * number, `(1/3) `, since they may arrive in another order.
 */
export function splitBody(text: string, limit: number = MAX_BODY): string[] {
  if (text.length <= limit) return [text];
  // Room for the numbers of at most 9, 99, … parts: with more of them there is less room.
  for (let digits = 1; ; digits++) {
    const parts = splitText(text, limit - '(/) '.length - 2 * digits);
    if (String(parts.length).length > digits) continue;
    return parts.map((part, index) => `(${index + 1}/${parts.length}) ${part}`);
  }
}
