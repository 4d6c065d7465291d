import type { ClientError } from '../options.ts';

/** What the element says itself. Set `element.labels` for another language. */
export interface ChatLabels {
  /** The name of the conversation, for those who hear it. */
  conversation: string;
  /** Before what the user said, for those who hear it. */
  you: string;
  /** Before what the assistant said, for those who hear it. */
  assistant: string;
  /** In the field that one writes into. */
  placeholder: string;
  /** The button that sends. */
  send: string;
  /** The button that ends the turn that runs. */
  stop: string;
  /** While the assistant is at work. */
  typing: string;
  /** While the first connection is made. */
  connecting: string;
  /** While there is no connection. */
  offline: string;
  /** When none will be made again. */
  closed: string;
  /** The button that connects without waiting. */
  tryNow: string;
  /** On a message that the server does not have yet. */
  pending: string;
  /** On a message that the server did not take; the reason follows, where it is one of those below. */
  failed: string;
  /** When something else failed, for a reason that is none of those below. */
  problem: string;
  /** Instead of `failed`, on one that is too long; and at the field, which does not take it. */
  tooLong: string;
  /** Why: `not_json`, it is no frame. */
  notJson: string;
  /** Why: `not_an_object`, it is no frame. */
  notAnObject: string;
  /** Why: `unknown_type`, the server does not know such frames. */
  unknownType: string;
  /** Why: `invalid_field`, something in it is not what the server takes. */
  invalidField: string;
  /** Why: `too_fast`, too many came at once. */
  tooFast: string;
  /** Why: `too_late`, it had to come before anything else. */
  tooLate: string;
  /** Why: `wrong_sender`, the user is not who it was sent for. */
  wrongSender: string;
  /** Why: `refused`, as much waits to be handled as may. */
  refused: string;
  /** Why: `unavailable`, the server fails for the moment. */
  unavailable: string;
  /** Why: `unauthenticated`, the token was refused. */
  unauthenticated: string;
  /** The button that sends it again. */
  retry: string;
  /** On a stream that was cut short. */
  interrupted: string;
  /** On a stream whose turn was ended before all was said. */
  stopped: string;
  /** Some messages are missing; `{n}` is how many. */
  missing: string;
  /** Some messages are missing, and nobody knows how many. */
  missingSome: string;
  /** The server does not know what is above. */
  anew: string;
  /** The button that goes to the newest, for those who read further up. */
  newMessages: string;
  /** The name of a row of cards. */
  cards: string;
  /** The button that goes back in it. */
  previous: string;
  /** The button that goes on in it. */
  next: string;
  /** The name of a row of quick replies. */
  quickReplies: string;
  /** The name of a row of buttons. */
  suggestions: string;
  /** The name of an image that has none. */
  image: string;
  /** In place of an image that did not come. */
  imageFailed: string;
  /** The name of a file that has none. */
  file: string;
  /** Above custom JSON. */
  json: string;
  /** Said of a link that opens a page beside this one. */
  newTab: string;
}

/** English. */
export const ENGLISH: ChatLabels = {
  conversation: 'Conversation',
  you: 'You',
  assistant: 'Assistant',
  placeholder: 'Write a message',
  send: 'Send',
  stop: 'Stop',
  typing: 'The assistant is typing',
  connecting: 'Connecting …',
  offline: 'No connection. Trying again …',
  closed: 'The connection is closed.',
  tryNow: 'Try now',
  pending: 'Not sent yet',
  failed: 'Could not be sent',
  problem: 'Something went wrong',
  tooLong: 'Too long: shorten it, or send it in parts',
  notJson: 'it arrived damaged',
  notAnObject: 'it arrived in an unknown form',
  unknownType: 'it is of an unknown kind',
  invalidField: 'something in it is not allowed',
  tooFast: 'too many at once, wait a moment',
  tooLate: 'it came too late, reload the page',
  wrongSender: 'you are signed in as somebody else, sign in again',
  refused: 'too much is waiting for an answer, try again later',
  unavailable: 'the service is not available, try again later',
  unauthenticated: 'you are not signed in any more, sign in again',
  retry: 'Try again',
  interrupted: 'Interrupted',
  stopped: 'Stopped',
  missing: 'Messages missing here: {n}',
  missingSome: 'Messages are missing here',
  anew: 'A new conversation begins here',
  newMessages: 'New messages',
  cards: 'Cards',
  previous: 'Previous cards',
  next: 'Next cards',
  quickReplies: 'Quick replies',
  suggestions: 'Suggestions',
  image: 'Image',
  imageFailed: 'The image could not be loaded',
  file: 'File',
  json: 'Data',
  newTab: 'opens in a new tab',
};

/** The reason of each code. */
const REASONS: Record<ClientError['code'], keyof ChatLabels> = {
  too_long: 'tooLong',
  not_json: 'notJson',
  not_an_object: 'notAnObject',
  unknown_type: 'unknownType',
  invalid_field: 'invalidField',
  too_fast: 'tooFast',
  too_late: 'tooLate',
  wrong_sender: 'wrongSender',
  refused: 'refused',
  unavailable: 'unavailable',
  unauthenticated: 'unauthenticated',
};

/**
 * Says in the reader's words what failed and why, as far as the code is known: what a server says of it
 * is in English.
 *
 * @param what - `failed` of a message, `problem` of anything else
 */
export function failureOf(
  what: 'failed' | 'problem',
  code: string | null,
  labels: ChatLabels,
): string {
  if (code === 'too_long') return labels.tooLong;
  // A later server may have codes that we do not know.
  if (code === null || !Object.hasOwn(REASONS, code)) return labels[what];
  return `${labels[what]}: ${labels[REASONS[code as keyof typeof REASONS]]}`;
}
