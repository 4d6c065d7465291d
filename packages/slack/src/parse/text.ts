/*
 * Slack's own writing of a message, made plain.
 *
 * @see Slack: Formatting message text
 */

/** `<…>`: a mention, a link, or a special word, with a label behind a bar. */
const TOKEN = /<([^<>|]+)(?:\|([^<>]*))?>/g;

/**
 * What a user said, as people write it: mentions of the bot are gone, links and channels are names
 * again, entities are decoded. Mentions of others stay as they are, `<@U123>`.
 *
 * @param bots - The user ids that are the bot.
 */
export function plainText(text: string, bots: readonly string[] = []): string {
  if (!text.includes('<')) return decodeEntities(text).trim();
  const spoken = bots.reduce(withoutMention, text);
  return decodeEntities(spoken.replace(TOKEN, unwrap)).trim();
}

/** Whether a text mentions one of these users. */
export function mentions(text: string, users: readonly string[]): boolean {
  if (!text.includes('<@')) return false;
  return users.some((user) => text.includes(`<@${user}>`) || text.includes(`<@${user}|`));
}

/** As Rasa does: with one white space after it, else with the one before it, else as a space. */
function withoutMention(text: string, user: string): string {
  const mention = `<@${escapeRegExp(user)}(?:\\|[^<>]*)?>`;
  return text
    .replaceAll(new RegExp(`${mention}\\s`, 'g'), '')
    .replaceAll(new RegExp(`\\s${mention}`, 'g'), '')
    .replaceAll(new RegExp(mention, 'g'), ' ');
}

function unwrap(token: string, target: string, label = ''): string {
  const [sign] = target;
  if (sign === '@') return label === '' ? token : `@${label.replace(/^@/, '')}`;
  if (sign === '#') return `#${label === '' ? target.slice(1) : label}`;
  if (sign === '!') return special(target.slice(1), label);
  if (label !== '') return label;
  return target.replace(/^(?:mailto|tel):/, '');
}

/** `<!here>`, `<!subteam^S1|@team>`, `<!date^1392734382^{date}|Feb 18>`. */
function special(word: string, label: string): string {
  const [name = ''] = word.split('^');
  if (name === 'date') return label;
  return label === '' || name === label ? `@${name}` : label;
}

/** What Slack has escaped, as it was. */
export function decodeEntities(text: string): string {
  if (!text.includes('&')) return text;
  return text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
