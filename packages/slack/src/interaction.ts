import type { JsonObject } from '@trunkline/core';
import type { WebClient } from '@slack/web-api';

/** Something that a user did which Slack wants an answer to within three seconds. */
export interface SlackInteraction {
  /**
   * `block_actions`, `view_submission`, `view_closed`, `shortcut`, `message_action`,
   * `block_suggestion`, or `command` for a slash command.
   */
  type: string;
  /** Slack's own payload; the form's fields for a slash command. */
  payload: JsonObject;
  /** Slack's client for the workspace, to open a view with the payload's `trigger_id` say. */
  client: () => Promise<WebClient>;
  /** Aborts when the time to answer is over. */
  signal: AbortSignal;
}

/**
 * Answers interactions before they are acknowledged, within two seconds. What it returns is the body
 * of the acknowledgement (`{ response_action: 'errors', … }`, `{ options }`, `{}`), and the
 * interaction is done. Without an answer, late or throwing, it is acknowledged and becomes a turn.
 */
export type OnInteraction = (
  interaction: SlackInteraction,
) => JsonObject | null | undefined | void | Promise<JsonObject | null | undefined | void>;
