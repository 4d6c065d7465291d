import { ConfigurationError } from '@trunkline/core';

/** An installation of the app. */
export interface SlackInstallation {
  /** The workspace. `null` where the app is installed for a whole organisation and no workspace was named. */
  teamId: string | null;
  /** The organisation, where the app is installed for a whole one; `null` otherwise. */
  enterpriseId: string | null;
}

/**
 * Finds the bot token of a workspace, for those who keep their own installations. Called for every
 * request to Slack; `null` if the app is not installed there.
 *
 * @param teamId - The workspace, or the organisation where the app is installed for a whole one.
 */
export type SlackToken = (
  teamId: string,
  installation: SlackInstallation,
) => string | null | Promise<string | null>;

/** Where in Slack's pages a token is. */
export const WHERE_TOKEN: string =
  'copy the Bot User OAuth Token (xoxb-…) from api.slack.com/apps, your app, OAuth & Permissions';

/** What to say of a token that Slack does not take. */
export function wrongToken(channel: string, platformCode: string): ConfigurationError {
  return new ConfigurationError(`Slack refuses the token (${platformCode}): ${WHERE_TOKEN}`, {
    channel,
    code: 'slack_token',
  });
}

/** Checks the option. @param fail - Says what is wrong with it. */
export function tokenOf(token: unknown, fail: (message: string) => never): string | SlackToken {
  // What finds tokens is checked by using it.
  if (typeof token === 'function') return token as SlackToken;
  if (typeof token !== 'string' || token === '')
    return fail(`token (slack_token) is missing: ${WHERE_TOKEN}`);
  if (!/^xox[a-z.-]*-[!-~]+$/.test(token) || /^(?:xapp|xoxr)/.test(token)) {
    return fail(`token (slack_token) is not a bot token: ${WHERE_TOKEN}`);
  }
  return token;
}
