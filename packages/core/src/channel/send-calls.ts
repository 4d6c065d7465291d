import type {
  Attachment,
  BotMessage,
  Button,
  Element,
  Extra,
  QuickReply,
} from '../message/bot-message.ts';
import type { JsonValue } from '../message/json.ts';
import { isTruthy, nonEmpty } from './fallbacks.ts';

/** A call of one of an output channel's `send…` methods, without the recipient. */
export type SendCall =
  | ['sendTextMessage', text: string, extra?: Extra]
  | ['sendImageUrl', image: string, extra?: Extra]
  | ['sendAttachment', attachment: Attachment, extra?: Extra]
  | ['sendTextWithButtons', text: string, buttons: Button[], extra?: Extra | undefined]
  | ['sendQuickReplies', text: string, quickReplies: QuickReply[], extra?: Extra]
  | ['sendElements', elements: Element[], extra?: Extra]
  | ['sendCustomJson', json: JsonValue, extra?: Extra];

/**
 * The calls that a response comes to, in Rasa's order: one of quick replies, buttons or text; then
 * custom JSON; image; attachment; elements. A part is consumed by the first call it is passed to, what
 * is left travels on in `extra`. The response is left as it is.
 */
export function callsOf({ quickReplies, ...message }: BotMessage): SendCall[] {
  const calls: SendCall[] = [];
  let rest: BotMessage = message;
  const replies = nonEmpty(quickReplies);
  if (replies) {
    const { text, ...extra } = rest;
    rest = extra;
    calls.push(['sendQuickReplies', text ?? '', [...replies], extra]);
  } else if (nonEmpty(rest.buttons)) {
    const { text, buttons, ...extra } = rest;
    rest = extra;
    calls.push(['sendTextWithButtons', text ?? '', [...(buttons ?? [])], extra]);
  } else if (rest.text) {
    const { text, ...extra } = rest;
    rest = extra;
    calls.push(['sendTextMessage', text ?? '', extra]);
  }
  if (isTruthy(rest.custom)) {
    const { custom, ...extra } = rest;
    rest = extra;
    calls.push(['sendCustomJson', custom, extra]);
  }
  if (rest.image) {
    const { image, ...extra } = rest;
    rest = extra;
    calls.push(['sendImageUrl', image ?? '', extra]);
  }
  if (isTruthy(rest.attachment)) {
    const { attachment, ...extra } = rest;
    rest = extra;
    calls.push(['sendAttachment', attachment, extra]);
  }
  if (nonEmpty(rest.elements)) {
    const { elements, ...extra } = rest;
    calls.push(['sendElements', [...(elements ?? [])], extra]);
  }
  return calls;
}
