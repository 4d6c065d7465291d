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
  /** On a message that the server did not take. */
  failed: string;
  /** Instead, on one that is too long; and at the field, which does not take it. */
  tooLong: string;
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
  tooLong: 'Too long: shorten it, or send it in parts',
  retry: 'Try again',
  interrupted: 'Interrupted',
  stopped: 'Stopped',
  missing: '{n} messages are missing here',
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
