import {
  assertKnownOptions,
  ConfigurationError,
  guardLogger,
  isJsonObject,
  systemClock,
  type Clock,
  type Logger,
} from '@trunkline/core';
import type { OnInteraction } from './interaction.ts';
import { tokenOf, WHERE_TOKEN, type SlackToken } from './token.ts';

/** Whose messages share a conversation: a user's, a user's in a channel, or a user's in a thread. */
export type ConversationGranularity = 'sender' | 'channel' | 'thread';

/** Paths below the channel's prefix, where Slack is told several. */
export interface SlackPaths {
  /** Event Subscriptions. @defaultValue `/webhook` */
  events?: string;
  /** Interactivity & Shortcuts, and where select menus load their options. @defaultValue `/webhook` */
  interactivity?: string;
  /** Slash Commands. @defaultValue `/webhook` */
  commands?: string;
}

/** Options of a {@link SlackInput}. Times are in milliseconds. */
export interface SlackOptions {
  /** The bot token (`xoxb-…`), or a function that finds it. */
  token: string | SlackToken;
  /** The signing secret, or several while one is being replaced. */
  signingSecret: string | readonly string[];
  /** The channel's name and URL prefix. @defaultValue `slack` */
  name?: string;
  /**
   * Takes what is said in this channel (its id, `C123`), all of it, and in direct messages, and nothing else.
   * Also where a proactive message without an address goes.
   *
   * @defaultValue none: wherever the bot is
   */
  channel?: string | null;
  /**
   * `addressed`: direct messages, mentions, and threads in which the bot was mentioned or has spoken.
   * `all`: everything that Slack sends.
   *
   * @defaultValue `addressed`
   */
  listen?: 'addressed' | 'all';
  /** Whose messages share a conversation. @defaultValue `sender` */
  conversationGranularity?: ConversationGranularity;
  /**
   * Answers go to a thread: always, never, or where the message was in one.
   *
   * @defaultValue `auto`; `true` where each thread is a conversation, which a press below an answer outside
   *   of the thread would not belong to.
   */
  useThreads?: boolean | 'auto';
  /** What an edit of a message is: nothing, or a new message. @defaultValue `ignore` */
  edits?: 'ignore' | 'message';
  /** What is shown while a turn runs in a thread; `false` for nothing. @defaultValue `is typing…` */
  status?: string | false;
  /** Answers interactions before they are acknowledged. */
  onInteraction?: OnInteraction;
  /**
   * Asks Slack whether a message arrived whose outcome is unknown. Needs the `…:history` scopes, and
   * marks every message with metadata that others in the workspace can read.
   *
   * @defaultValue `false`
   */
  findSent?: boolean;
  /** Where Slack is told to send what. @defaultValue all to `/webhook` */
  paths?: SlackPaths;
  /** An HTTP proxy on the way to Slack, `http://proxy:8080` say. @defaultValue none */
  proxy?: string | null;
  /** How long Slack may take to answer a request. @defaultValue 10,000 */
  timeoutMs?: number;
  /** Bytes of a request's body. @defaultValue 1,048,576 (1 MB) */
  bodyLimitBytes?: number;
  /** Requests to Slack that are under way at the same time; the others wait. @defaultValue 24 */
  maxRequests?: number;
  /** Slack's API, for tests. @defaultValue `https://slack.com/api/` */
  apiUrl?: string;
  /** Told what fails on our side. @defaultValue nobody is */
  logger?: Logger;
  /** Time. @defaultValue the machine's */
  clock?: Clock;
}

/** The options with their defaults, checked. */
export interface ResolvedSlackOptions extends Required<
  Omit<SlackOptions, 'signingSecret' | 'onInteraction' | 'paths' | 'logger'>
> {
  signingSecrets: readonly string[];
  onInteraction: OnInteraction | null;
  paths: Required<SlackPaths>;
  logger: Logger | null;
}

const PATH = '/webhook';
const DEFAULTS = { timeoutMs: 10_000, bodyLimitBytes: 1024 * 1024, maxRequests: 24 };
const CHOICES = {
  listen: ['addressed', 'all'],
  conversationGranularity: ['sender', 'channel', 'thread'],
  useThreads: ['auto', true, false],
  edits: ['ignore', 'message'],
  findSent: [false, true],
} as const;
const NAMES = [
  'token',
  'signingSecret',
  'name',
  'channel',
  'status',
  'onInteraction',
  'paths',
  'proxy',
  'apiUrl',
  'logger',
  'clock',
  ...Object.keys(CHOICES),
  ...Object.keys(DEFAULTS),
];

const WHERE_SECRET =
  'copy the Signing Secret from api.slack.com/apps, your app, Basic Information, App Credentials';

type Fail = (message: string) => never;

/** Checks the options and fills in the defaults. @throws ConfigurationError */
export function resolveOptions(options: SlackOptions): ResolvedSlackOptions {
  const { name = 'slack', channel = null, status = 'is typing…', proxy = null } = options;
  const { apiUrl = 'https://slack.com/api/', logger, clock = systemClock } = options;
  const { onInteraction = null } = options;
  const fail: Fail = (message) => {
    throw new ConfigurationError(message, { channel: name });
  };
  assertKnownOptions(options, NAMES, { channel: name });
  if (!isText(name)) fail('name must be a text that is not empty');
  if (channel !== null && !isId(channel)) {
    fail(
      'channel (slack_channel) must be the id of a channel (C…), which is at the end of its details',
    );
  }
  if (status !== false && !isText(status)) fail('status must be a text, or false');
  if (!isUrl(apiUrl)) fail('apiUrl must be an address such as https://slack.com/api/');
  if (proxy !== null && !isUrl(proxy)) fail('proxy must be an address such as http://proxy:8080');
  if (onInteraction !== null && typeof onInteraction !== 'function') {
    fail('onInteraction must be a function');
  }
  const granularity = choiceOf('conversationGranularity', options.conversationGranularity, fail);
  const useThreads = options.useThreads ?? (granularity === 'thread' ? true : undefined);
  return {
    ...numbersOf(options, fail),
    listen: choiceOf('listen', options.listen, fail),
    conversationGranularity: granularity,
    useThreads: choiceOf('useThreads', useThreads, fail),
    edits: choiceOf('edits', options.edits, fail),
    findSent: choiceOf('findSent', options.findSent, fail),
    name,
    channel,
    status,
    proxy,
    apiUrl: apiUrl.endsWith('/') ? apiUrl : `${apiUrl}/`,
    logger: logger ? guardLogger(logger) : null,
    clock,
    onInteraction,
    paths: pathsOf(options.paths, name, fail),
    token: tokenOf(options.token, fail),
    signingSecrets: secretsOf(options.signingSecret, fail),
  };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Slack names channels by their ids: by `#general`, no message would be of that channel. */
function isId(value: unknown): boolean {
  return isText(value) && /^[A-Z][A-Z0-9]+$/.test(value);
}

/** `proxy:8080` is an address of the protocol `proxy:`. */
function isUrl(value: unknown): boolean {
  return isText(value) && /^https?:\/\/[^/]/.test(value) && URL.canParse(value);
}

function choiceOf<N extends keyof typeof CHOICES>(
  name: N,
  value: unknown,
  fail: Fail,
): (typeof CHOICES)[N][number] {
  const choices: readonly (typeof CHOICES)[N][number][] = CHOICES[name];
  if (value === undefined) return choices[0] as (typeof CHOICES)[N][number];
  const choice = choices.find((candidate) => candidate === value);
  return choice ?? fail(`${name} must be one of ${choices.join(', ')}`);
}

function numbersOf(options: SlackOptions, fail: Fail): typeof DEFAULTS {
  const numbers = { ...DEFAULTS };
  for (const name of Object.keys(DEFAULTS) as (keyof typeof DEFAULTS)[]) {
    const value: unknown = options[name] ?? DEFAULTS[name];
    if (typeof value === 'number' && Number.isInteger(value) && value > 0) numbers[name] = value;
    else fail(`${name} must be a whole number of at least 1`);
  }
  return numbers;
}

function pathsOf(paths: SlackPaths = {}, channel: string, fail: Fail): Required<SlackPaths> {
  const { events = PATH, interactivity = PATH, commands = PATH } = paths;
  const all = { events, interactivity, commands };
  assertKnownOptions(paths, Object.keys(all), { channel, within: 'paths' });
  for (const [name, path] of Object.entries(all)) {
    if (!isText(path) || !/^\/[^\s?#*]+$/.test(path)) {
      fail(`paths.${name} must be a path below the channel's, such as /events`);
    }
  }
  return all;
}

function secretsOf(secret: unknown, fail: Fail): readonly string[] {
  const secrets = [secret].flat();
  if (secrets.length === 0 || !secrets.every(isText)) {
    return fail(`signingSecret (slack_signing_secret) is missing: ${WHERE_SECRET}`);
  }
  // No request would ever be signed by it. From a file it may have a line break behind it.
  if (!secrets.every((text) => /^[!-~]+$/.test(text))) {
    return fail(`signingSecret (slack_signing_secret) is malformed: ${WHERE_SECRET}`);
  }
  return secrets;
}

/** Rasa's names, and ours. Those of `null` have no meaning here: a retry is never dropped. */
const RASA_NAMES: Record<string, keyof SlackOptions | null> = {
  slack_token: 'token',
  slack_signing_secret: 'signingSecret',
  slack_channel: 'channel',
  conversation_granularity: 'conversationGranularity',
  use_threads: 'useThreads',
  slack_retry_reason_header: null,
  slack_retry_number_header: null,
  errors_ignore_retry: null,
};

/** Options from a section of `credentials.yml`. The rest is checked by {@link resolveOptions}. */
export function optionsFromCredentials(credentials: unknown): SlackOptions {
  if (!isJsonObject(credentials)) {
    throw new ConfigurationError(
      `its section in the credentials must hold slack_token and slack_signing_secret: ${WHERE_TOKEN}; ${WHERE_SECRET}`,
      { channel: 'slack' },
    );
  }
  const options: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(credentials)) {
    const name = Object.hasOwn(RASA_NAMES, key) ? RASA_NAMES[key] : key;
    if (name === null || name === undefined || value === null) continue;
    if (Object.hasOwn(options, name)) {
      throw new ConfigurationError(`${name} is there twice: ${key} is the same option`, {
        channel: 'slack',
      });
    }
    options[name] = value;
  }
  // Checked by resolveOptions, key by key.
  return options as unknown as SlackOptions;
}
