import { DeliveryError, failureOf, isJsonObject, type JsonObject } from '@trunkline/core';

/** What an error of Slack's means for a send. */
interface Meaning {
  retryable: boolean;
  mayHaveArrived: boolean;
}

const REFUSED: Meaning = { retryable: false, mayHaveArrived: false };
const LATER: Meaning = { retryable: true, mayHaveArrived: false };
const UNKNOWN: Meaning = { retryable: true, mayHaveArrived: true };

/** Those that are not refused for good. */
const MEANINGS: Record<string, Meaning> = {
  ratelimited: LATER,
  rate_limited: LATER,
  message_limit_exceeded: LATER,
  service_unavailable: LATER,
  team_added_to_org: LATER,
  org_login_required: LATER,
  request_timeout: LATER,
  internal_error: UNKNOWN,
  fatal_error: UNKNOWN,
  messaging_processing_failed: UNKNOWN,
};

/** How long to wait where Slack does not say, in milliseconds. */
const THROTTLED_MS: Record<string, number> = {
  ratelimited: 10_000,
  rate_limited: 10_000,
  message_limit_exceeded: 60_000,
};

const REINSTALL = 'copy the token again from OAuth & Permissions, or install the app again';
const PAYLOAD = 'Slack does not take the message as it is';

/** What to do about it. */
const ADVICE: Record<string, string> = {
  invalid_auth: REINSTALL,
  not_authed: REINSTALL,
  account_inactive: REINSTALL,
  token_revoked: REINSTALL,
  token_expired: 'the token is over its time: refresh it',
  not_allowed_token_type: 'use the bot token (xoxb-…)',
  missing_scope: 'add the scope under OAuth & Permissions, and install the app again',
  channel_not_found: 'the channel does not exist, or the bot is not in it: invite it',
  not_in_channel: 'invite the bot to the channel, or add the scope chat:write.public',
  is_archived: 'the channel is archived',
  user_not_found: 'there is no such user in this workspace',
  user_not_in_channel: 'the user is not in the channel',
  messages_tab_disabled: 'turn on the Messages Tab under App Home',
  restricted_action: 'an administrator does not let the bot post there',
  invalid_blocks: PAYLOAD,
  invalid_blocks_format: PAYLOAD,
  no_text: PAYLOAD,
  msg_too_long: PAYLOAD,
};

/** Errors of Slack's that say that the stream, and not the message, is the trouble. */
const CREDENTIALS = new Set([
  'invalid_auth',
  'not_authed',
  'account_inactive',
  'token_revoked',
  'token_expired',
  'not_allowed_token_type',
  'team_access_not_granted',
  'app_access_restricted',
  'accesslimited',
]);
const DESTINATION = new Set([
  'channel_not_found',
  'not_in_channel',
  'is_archived',
  'user_not_found',
  'messages_tab_disabled',
  'cannot_reply_to_message',
  'ekm_access_denied',
  'team_not_found',
  'no_permission',
]);

/** Whether Slack does not take the blocks: it does not know them, or cannot fetch an image. */
export function isBlocksError({ platformCode }: DeliveryError): boolean {
  return platformCode === 'invalid_blocks' || platformCode === 'invalid_blocks_format';
}

/** Whether the bot is not in the channel. A private one is then as good as none. */
export function isNotInChannel({ platformCode }: DeliveryError): boolean {
  return platformCode === 'channel_not_found' || platformCode === 'not_in_channel';
}

/** Whether a token is wrong for good. */
export function isCredentialsError({ platformCode }: DeliveryError): boolean {
  return platformCode !== null && CREDENTIALS.has(platformCode);
}

/** Whether nothing can be said there, in whatever form. */
export function isDestinationError(error: DeliveryError): boolean {
  const { platformCode: code } = error;
  if (code === null) return false;
  return isCredentialsError(error) || DESTINATION.has(code) || code.startsWith('restricted_action');
}

/**
 * What a call threw, as a `DeliveryError`. Nothing of what was sent is in it, and no header.
 *
 * @see Slack: the errors of each method
 */
export function deliveryError(channel: string, method: string, thrown: unknown): DeliveryError {
  if (thrown instanceof DeliveryError) return thrown;
  const { code } = Object(thrown) as { code?: unknown };
  if (code === 'UND_ERR_INVALID_ARG') {
    // Refused by undici before anything is written: a token with a line break, say.
    const message = `${method} cannot be asked for: the token, or the address of the API, is malformed`;
    return new DeliveryError(message, { channel, ...REFUSED });
  }
  const failure = failureOf(thrown);
  // What is not known may have arrived: a time-out has no code.
  const meaning = failure.retryable ? failure : UNKNOWN;
  const { retryable, mayHaveArrived } = meaning;
  const what = mayHaveArrived ? 'was not answered' : 'could not reach Slack';
  return new DeliveryError(`${method} ${what}`, {
    channel,
    retryable,
    mayHaveArrived,
    cause: originalOf(thrown),
  });
}

/** What an answer means that is neither Slack's yes nor its no. */
export function httpError(channel: string, method: string, status: number): DeliveryError {
  return new DeliveryError(`${method} was answered ${status}`, {
    channel,
    ...(status >= 500 ? UNKNOWN : REFUSED),
    platformCode: `http_${status}`,
  });
}

/** What Slack's no means: an answer without `ok`. */
export function platformError(
  channel: string,
  method: string,
  { error, needed, response_metadata: metadata }: JsonObject,
  retryAfterMs: number | null,
): DeliveryError {
  const platformCode = typeof error === 'string' && /^[a-z0-9_]+$/.test(error) ? error : null;
  if (platformCode === null) {
    // A page of a proxy's, or of Slack's when it is down.
    const message = `${method} was answered with something that is not Slack's API`;
    return new DeliveryError(message, { channel, ...UNKNOWN });
  }
  const details = [
    typeof needed === 'string' && platformCode === 'missing_scope' ? ` ${needed}` : '',
    isJsonObject(metadata) ? pointersIn(metadata['messages']) : '',
  ];
  return refusal(channel, method, platformCode, { retryAfterMs, details: details.join('') });
}

/** What one of Slack's errors means. */
export function refusal(
  channel: string,
  method: string,
  platformCode: string,
  { retryAfterMs, details = '' }: { retryAfterMs: number | null; details?: string },
): DeliveryError {
  const advice = ADVICE[platformCode];
  const text = `${method} was refused: ${platformCode}${details}${advice ? ` (${advice})` : ''}`;
  return new DeliveryError(text, {
    channel,
    ...(MEANINGS[platformCode] ?? REFUSED),
    retryAfterMs: retryAfterMs ?? THROTTLED_MS[platformCode] ?? null,
    platformCode,
  });
}

/** Where in the blocks the trouble is. The rest of Slack's words may quote the text. */
function pointersIn(messages: unknown): string {
  if (!Array.isArray(messages)) return '';
  const pointers = messages.flatMap((message) =>
    [...String(message).matchAll(/\[json-pointer:([\w/.-]+)\]/g)].map(([, pointer]) => pointer),
  );
  return pointers.length === 0 ? '' : ` at ${pointers.join(', ')}`;
}

function originalOf(thrown: unknown): unknown {
  return thrown instanceof Error && thrown.cause !== undefined ? thrown.cause : thrown;
}
