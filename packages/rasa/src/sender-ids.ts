/** A conversation as the line knows it. */
export interface RasaConversation {
  /** The channel's name; `latest` for wherever the user was last. */
  channel: string;
  /** The account, where the channel serves several. */
  account: string | null;
  /** The sender id, as the channel names it. */
  senderId: string;
}

/** What a conversation is called in Rasa, and whose it is. */
export interface SenderIds {
  /** The sender id that Rasa keeps a conversation under. */
  toRasa(conversation: RasaConversation): string;
  /** The conversation of one of Rasa's sender ids; `null` if it is nobody's. */
  fromRasa(senderId: string): RasaConversation | null;
}

/**
 * `<channel>:<account>:<sender id>`. Rasa knows a conversation by one text alone, and so the text
 * holds all three: equal sender ids on two channels are two trackers, and a callback finds its way
 * back without a look-up.
 *
 * Nothing in it needs encoding in a URL's path, because Rasa does not decode paths in every version.
 */
export const qualifiedIds: SenderIds = {
  toRasa: ({ channel, account, senderId }) =>
    `${escape(channel)}:${escape(account ?? '')}:${escape(senderId, ':')}`,
  fromRasa(id) {
    const [, channel = '', account = '', senderId = ''] = /^([^:]*):([^:]*):([^]*)$/.exec(id) ?? [];
    if (channel === '' || account === NOBODY) return null;
    const unescaped = unescape(account);
    return {
      channel: unescape(channel),
      account: unescaped === '' ? null : unescaped,
      senderId: unescape(senderId),
    };
  },
};

/** The sender id alone, for one channel whose trackers Rasa has already. */
export const plainIds: SenderIds = {
  toRasa: ({ senderId }) => senderId,
  fromRasa: (senderId) => ({ channel: 'latest', account: null, senderId }),
};

/** The ids that an option names. */
export function senderIdsOf(
  option: 'qualified' | 'plain' | SenderIds = 'qualified',
  fail: (message: string) => never,
): SenderIds {
  if (option === 'qualified') return qualifiedIds;
  if (option === 'plain') return plainIds;
  const { toRasa, fromRasa } = Object(option) as Partial<SenderIds>;
  if (typeof toRasa === 'function' && typeof fromRasa === 'function') return option;
  return fail('senderId must be "qualified", "plain" or an object { toRasa, fromRasa }');
}

/** No account is written like this: a `~` is always followed by what it stands for. */
const NOBODY = '~';

/** The sender id of a message that came without one: it shares a tracker with nobody. */
export function anonymousId(channel: string, messageId: string): string {
  return `${escape(channel)}:${NOBODY}:${escape(messageId)}`;
}

/** Everything but what a path may hold as it is becomes `~` and its hexadecimal code. */
function escape(part: string, alsoPlain = ''): string {
  return part.replaceAll(/[^A-Za-z0-9_.@+-]/g, (character) => {
    if (character === alsoPlain) return character;
    const code = character.charCodeAt(0);
    return code < 0x100 ? `~${hex(code, 2)}` : `~u${hex(code, 4)}`;
  });
}

function unescape(part: string): string {
  return part.replaceAll(/~(?:u([0-9a-f]{4})|([0-9a-f]{2}))/g, (_, wide: string, narrow: string) =>
    String.fromCharCode(Number.parseInt(wide ?? narrow, 16)),
  );
}

const hex = (code: number, digits: number): string => code.toString(16).padStart(digits, '0');
