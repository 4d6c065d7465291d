import type { Choice, JsonObject } from '@trunkline/core';
import { isQuickReply, setOfBlock } from '../render/names.ts';
import { choiceOf, filesIn, valuesOf } from './actions.ts';
import { idAt, objectAt, objectsAt, textAt, withoutNulls } from './fields.ts';
import { attachmentsOf } from './files.ts';
import type { Parsed, Place } from './parsed.ts';

/** What an interaction is to us. */
export interface InteractionFinding {
  /** Slack's name of its kind. */
  type: string;
  /** Where it was done; `null` where nobody is named, or no workspace. */
  place: Place | null;
  /** The messages that it is, one for each thing that was picked. */
  messages: Parsed[];
  /** Whether a quick reply was used. */
  usesQuickReply: boolean;
}

/** Kinds that become messages. `block_suggestion` asks while somebody types. */
const SAID = new Set(['block_actions', 'view_submission', 'shortcut', 'message_action']);

/**
 * Reads the payload of an interaction.
 *
 * @see Slack: Interaction payloads
 */
export function parseInteraction(payload: JsonObject): InteractionFinding {
  const type = textAt(payload, 'type') ?? '';
  const place = placeOf(payload);
  const finding: InteractionFinding = { type, place, messages: [], usesQuickReply: false };
  if (!SAID.has(type) || place === null) return finding;
  if (type !== 'block_actions') {
    const said = { ...place, isAnywhere: type === 'message_action' };
    finding.messages.push(parsedOf(payload, said, namedChoice(type, payload), identity(payload)));
    return finding;
  }
  for (const [index, action] of objectsAt(payload, 'actions').entries()) {
    const choice = choiceOf(action);
    // A button that opens a page is acknowledged, and says nothing.
    if (choice === null) continue;
    const blockId = textAt(action, 'block_id') ?? '';
    const isQuick = isQuickReply(blockId);
    finding.usesQuickReply ||= isQuick;
    // A set of quick replies is used once, however fast somebody clicks, and in whichever row.
    const name = isQuick
      ? `quick:${place.channel}:${place.ts}:${setOfBlock(blockId)}`
      : `${identity(payload, action)}:${index}`;
    finding.messages.push(parsedOf(payload, place, choice, name));
  }
  return finding;
}

/** A slash command. */
export function parseCommand(form: JsonObject): Parsed | null {
  const command = textAt(form, 'command');
  const place = placeOf({
    team: { id: form['team_id'] ?? null },
    enterprise: { id: form['enterprise_id'] ?? null },
    is_enterprise_install: form['is_enterprise_install'] === 'true',
    user: { id: form['user_id'] ?? null },
    channel: { id: form['channel_id'] ?? null },
  });
  if (command === null || place === null) return null;
  const text = `${command} ${textAt(form, 'text') ?? ''}`.trim();
  const choice: Choice = { title: command, payload: text, command };
  const name = `command:${textAt(form, 'trigger_id') ?? ''}`;
  return parsedOf(form, { ...place, isAnywhere: true }, choice, name);
}

/** A click's own name. Slack gives each a trigger; the time of the action is as good. */
function identity(payload: JsonObject, action: JsonObject | null = null): string {
  const trigger = textAt(payload, 'trigger_id');
  if (trigger !== null) return trigger;
  return (
    textAt(action, 'action_ts') ??
    textAt(payload, 'action_ts') ??
    textAt(objectAt(payload, 'view'), 'hash') ??
    ''
  );
}

function namedChoice(type: string, payload: JsonObject): Choice {
  const view = objectAt(payload, 'view');
  const name = textAt(payload, 'callback_id') ?? textAt(view, 'callback_id') ?? type;
  const title = textAt(objectAt(view, 'title'), 'text') ?? name;
  return view === null
    ? { title, payload: name }
    : { title, payload: name, values: valuesOf(view) };
}

function placeOf(payload: JsonObject): Place | null {
  const user = objectAt(payload, 'user');
  const container = objectAt(payload, 'container');
  const message = objectAt(payload, 'message');
  // An installation for a whole organisation may name no workspace.
  const enterprise = idAt(payload, 'enterprise') ?? textAt(user, 'enterprise_id');
  const isWhole =
    payload['is_enterprise_install'] === true || payload['is_enterprise_install'] === 'true';
  // In Slack Connect, the team of a payload may be that of the user.
  const installed =
    textAt(objectAt(payload, 'view'), 'app_installed_team_id') ??
    (isWhole ? null : teamOfOwn(message, payload));
  const team = installed ?? idAt(payload, 'team') ?? textAt(user, 'team_id') ?? enterprise;
  const userId = textAt(user, 'id');
  if (team === null || userId === null) return null;
  return {
    team,
    enterprise: isWhole ? enterprise : null,
    channel: idAt(payload, 'channel') ?? textAt(container, 'channel_id'),
    ts: textAt(message, 'ts') ?? textAt(container, 'message_ts'),
    thread: textAt(message, 'thread_ts') ?? textAt(container, 'thread_ts'),
    user: userId,
    userTeam: textAt(user, 'team_id'),
    isEphemeral: container?.['is_ephemeral'] === true,
  };
}

/** The workspace that a message of the app's own was posted by; `null` for the message of somebody else. */
function teamOfOwn(message: JsonObject | null, payload: JsonObject): string | null {
  const [app, team] = [textAt(message, 'app_id'), textAt(message, 'team')];
  // That of an organisation (E…) has a token of its own only where the app is installed for all of it.
  if (app === null || app !== textAt(payload, 'api_app_id') || !team?.startsWith('T')) return null;
  return team;
}

function parsedOf(payload: JsonObject, place: Place, choice: Choice, name: string): Parsed {
  const { team, channel, thread, ts, user } = place;
  // The verification token is a secret of old, and nobody's business.
  const { token: _token, ...rest } = payload;
  // While a view is filled in, a click in it says nothing of its files.
  const isFilledIn = payload['type'] === 'view_submission';
  const files = isFilledIn ? filesIn(objectAt(payload, 'view')) : [];
  return {
    identity: `${team}:${name}`,
    place,
    text: choice.payload,
    choice,
    attachments: attachmentsOf({ files }, place),
    metadata: withoutNulls({
      out_channel: channel,
      thread_id: thread ?? ts,
      users: [user],
      team,
      ts,
      type: textAt(payload, 'type') ?? 'command',
      locale: textAt(objectAt(payload, 'user'), 'locale'),
      response_url: textAt(payload, 'response_url'),
      payload: rest,
    }),
  };
}
