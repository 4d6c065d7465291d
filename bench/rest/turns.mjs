// What is asked of every target, and what each of them must answer.
import { jsonExchange } from '../harness/http-load.mjs';

export const CONNECTIONS = 32;

/** One turn of each of `count` senders, beginning with the sender number `first`. */
export function turnsOf(/** @type {number} */ count, first = 0) {
  return Array.from({ length: count }, (_, i) => {
    const sender = `user-${first + i}`;
    const message = `where is my order number ${first + i}?`;
    const answer = JSON.stringify([{ recipient_id: sender, text: `You said: ${message}` }]);
    return jsonExchange('/webhooks/rest/webhook', { sender, message }, { body: answer });
  });
}
