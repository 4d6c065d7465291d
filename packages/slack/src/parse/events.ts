import type { JsonObject } from '@trunkline/core';
import type { ResolvedSlackOptions } from '../credentials.ts';
import { attachmentsOf } from './files.ts';
import { objectAt, objectsAt, textAt, withoutNulls } from './fields.ts';
import type { Parsed, Place } from './parsed.ts';
import { mentions, plainText } from './text.ts';

/** What of the options decides about events. */
export type EventOptions = Pick<ResolvedSlackOptions, 'listen' | 'channel' | 'edits'>;

/** Who the bot is, as far as it is known without the event. */
export interface Bot {
  userId: string | null;
}

/**
 * What an event is: a message; a message if the bot takes part in its thread; a mention that says nothing,
 * before what is said in its thread; or nothing to us, and why.
 */
export type EventFinding =
  | { type: 'message'; parsed: Parsed; isMention: boolean }
  | { type: 'in_thread'; parsed: Parsed }
  | { type: 'bare_mention'; place: Place }
  | { type: 'ignored'; why: string };

/**
 * How long it is surely known which messages were taken over, in seconds: an hour less than the turn engine's
 * marks of them live, since events come late.
 */
const KNOWN_S = 47 * 60 * 60;

/** Slack itself. It tells a bot in direct messages that it was removed from a channel, say, with no mark of a bot. */
const SLACKBOT = 'USLACKBOT';

/** Subtypes of what users say. All others are news about the channel, or about other messages. */
const SAID = new Set(['file_share', 'thread_broadcast', 'me_message', 'message_changed']);

/**
 * Reads an `event_callback`.
 *
 * @see Slack: The Events API
 */
export function parseEvent(envelope: JsonObject, options: EventOptions, bot: Bot): EventFinding {
  const event = objectAt(envelope, 'event');
  const type = textAt(event, 'type');
  if (event === null || (type !== 'message' && type !== 'app_mention')) {
    return ignored(`events of the type ${type ?? 'none'} are not read`);
  }
  const subtype = textAt(event, 'subtype');
  if (subtype !== null && !SAID.has(subtype)) {
    return ignored(`messages of the subtype ${subtype} are not read`);
  }
  const isEdit = subtype === 'message_changed';
  if (isEdit && options.edits === 'ignore') return ignored('edits are not read');
  const message = isEdit ? objectAt(event, 'message') : event;
  if (message === null) return ignored('an edit without its message');
  if (isEdit && !isUsersEdit(message, objectAt(event, 'previous_message'))) {
    return ignored('not an edit by a user');
  }
  const team = teamOf(envelope);
  const channel = textAt(event, 'channel');
  const user = textAt(message, 'user');
  const ts = textAt(message, 'ts');
  if (team === null || channel === null || user === null || ts === null) {
    return ignored('the team, the channel, the user or the time is missing');
  }
  const bots = botsOf(envelope, bot);
  if (isBots(message, envelope, bot)) return ignored('said by a bot');
  const place: Place = {
    team: team.id,
    enterprise: team.enterprise,
    channel,
    ts,
    thread: textAt(message, 'thread_ts'),
    user,
    userTeam: textAt(message, 'user_team') ?? textAt(message, 'team'),
  };
  // A mention that was edited comes as one, too.
  const isOfEdit = isEdit || options.edits === 'message';
  const editTs = textAt(objectAt(message, 'edited'), 'ts');
  // Where edits are not read, it is the message of before. Whether that was answered is not known for ever.
  if (!isOfEdit && Number(editTs ?? ts) - Number(ts) > KNOWN_S) return ignored('an old edit');
  const edited = isOfEdit ? editTs : null;
  const parsed = parsedOf(envelope, event, message, { place, bots, edited });
  const rawText = textAt(message, 'text') ?? '';
  const isMention = type === 'app_mention' || mentions(rawText, bots);
  if (parsed.text === '' && parsed.attachments.length === 0) {
    return isMention ? { type: 'bare_mention', place } : ignored('an empty message');
  }
  return addressed(parsed, { isMention, event, message, bots, options });
}

/** Whether a message is meant for the bot. */
function addressed(
  parsed: Parsed,
  { isMention, event, message, bots, options }: AddressedBy,
): EventFinding {
  const { channel, thread, ts } = parsed.place;
  const kind = textAt(event, 'channel_type');
  const isDirect = kind === null ? channel?.startsWith('D') : kind === 'im' || kind === 'app_home';
  const said = { type: 'message', parsed, isMention } as const;
  if (isDirect) return said;
  if (options.channel !== null) {
    return options.channel === channel ? said : ignored('said in another channel');
  }
  if (options.listen === 'all' || isMention) return said;
  if (thread === null || thread === ts) return ignored('not addressed to the bot');
  const startedBy = textAt(message, 'parent_user_id');
  if (startedBy !== null && bots.includes(startedBy)) return said;
  return { type: 'in_thread', parsed };
}

interface AddressedBy {
  isMention: boolean;
  event: JsonObject;
  message: JsonObject;
  bots: readonly string[];
  options: EventOptions;
}

function parsedOf(
  envelope: JsonObject,
  event: JsonObject,
  message: JsonObject,
  { place, bots, edited }: { place: Place; bots: readonly string[]; edited: string | null },
): Parsed {
  const rawText = textAt(message, 'text') ?? '';
  const { team, channel, ts, thread, userTeam } = place;
  // An edit is a message of its own, and each further edit another one.
  const edit = edited === null ? '' : `:edited:${edited}`;
  const users = envelope['authed_users'];
  return {
    identity: `${team}:${channel}:${ts}${edit}`,
    place,
    text: plainText(rawText, bots),
    choice: null,
    attachments: attachmentsOf(message, place),
    metadata: withoutNulls({
      out_channel: channel,
      thread_id: thread ?? ts,
      users: Array.isArray(users) ? users : authorizedUsers(envelope),
      team,
      user_team: userTeam === team ? null : userTeam,
      event_id: textAt(envelope, 'event_id'),
      ts,
      channel_type: textAt(event, 'channel_type'),
      subtype: textAt(message, 'subtype'),
      locale: textAt(objectAt(message, 'user_profile'), 'locale'),
      raw_text: rawText,
      edited: edited === null ? null : true,
      shared: envelope['is_ext_shared_channel'] === true ? true : null,
    }),
  };
}

/**
 * The installation that an event is for: by its authorization, because in Slack Connect the event's own
 * team is the sender's.
 */
function teamOf(envelope: JsonObject): { id: string; enterprise: string | null } | null {
  const [authorization] = objectsAt(envelope, 'authorizations');
  const enterprise = textAt(authorization, 'enterprise_id') ?? textAt(envelope, 'enterprise_id');
  const id = textAt(authorization, 'team_id') ?? textAt(envelope, 'team_id') ?? enterprise;
  if (id === null) return null;
  const isWhole = authorization?.['is_enterprise_install'] === true;
  return { id, enterprise: isWhole ? enterprise : null };
}

function authorizedUsers(envelope: JsonObject): string[] {
  const user = textAt(objectsAt(envelope, 'authorizations')[0], 'user_id');
  return user === null ? [] : [user];
}

/** The user ids that stand for the bot in a text: as in Rasa, also those of the legacy `authed_users`. */
function botsOf(envelope: JsonObject, bot: Bot): string[] {
  const authed = envelope['authed_users'];
  const named = Array.isArray(authed)
    ? authed.filter((user): user is string => typeof user === 'string')
    : [];
  return [
    ...new Set([...named, ...authorizedUsers(envelope), ...(bot.userId ? [bot.userId] : [])]),
  ];
}

/**
 * Bots are not listened to, ours least of all: its own posts come back without a subtype, as messages
 * with a `bot_id`, or of its own user.
 */
function isBots(message: JsonObject, envelope: JsonObject, bot: Bot): boolean {
  const app = textAt(message, 'app_id');
  const user = textAt(message, 'user');
  const [authorization] = objectsAt(envelope, 'authorizations');
  // Of an installation by a user, the user is a person.
  const self = authorization?.['is_bot'] === false ? null : textAt(authorization, 'user_id');
  return (
    textAt(message, 'bot_id') !== null ||
    objectAt(message, 'bot_profile') !== null ||
    (app !== null && app === textAt(envelope, 'api_app_id')) ||
    user === SLACKBOT ||
    user === self ||
    user === bot.userId
  );
}

/** `message_changed` also comes for link previews, for our own updates and for replies in a thread. */
function isUsersEdit(message: JsonObject, previous: JsonObject | null): boolean {
  const before = textAt(previous, 'text');
  return objectAt(message, 'edited') !== null && textAt(message, 'text') !== before;
}

function ignored(why: string): EventFinding {
  return { type: 'ignored', why };
}
