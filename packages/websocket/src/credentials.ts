import type { IncomingMessage } from 'node:http';
import {
  assertKnownOptions,
  ConfigurationError,
  guardLogger,
  isJsonObject,
  resolveJwt,
  systemClock,
  type Clock,
  type JwtOptions,
  type Logger,
  type ResolvedJwt,
} from '@trunkline/core';

/** Who may connect: whoever has a JSON Web Token that verifies. Its subject (`sub`) is the sender. */
export interface JwtAuth extends JwtOptions {
  /** JSON Web Tokens. */
  type: 'jwt';
}

/**
 * Who may connect, decided by you: resolves to the sender, or to `null` to turn the client away. Called
 * at the upgrade and, if the client brought no token there, with the token of its `resume` frame.
 */
export type Authenticate = (
  request: IncomingMessage,
  token: string | null,
) => { sender: string } | null | Promise<{ sender: string } | null>;

/** Options of a {@link WebSocketInput}. Times are in milliseconds. */
export interface WebSocketOptions {
  /** The channel's name and URL prefix. @defaultValue `websocket` */
  name?: string;
  /** Who may connect. @defaultValue everybody; each connection without a token gets a session */
  auth?: JwtAuth | Authenticate;
  /**
   * Which web pages may connect: those of a list of origins (`https://example.org`), or `true` for all.
   * Programs, which send no origin, may always.
   *
   * @defaultValue pages of the same host
   */
  origins?: true | readonly string[];
  /** How long a session can be resumed after its last use. @defaultValue 86,400,000 (24 hours) */
  sessionTtlMs?: number;
  /** What is kept of a session for those who resume. */
  log?: LogOptions;
  /** Bytes of a frame from a client; a larger one closes the connection. @defaultValue 65,536 */
  maxFrameBytes?: number;
  /** Frames a second and connection, twice as many at once. @defaultValue 20 */
  framesPerSecond?: number;
  /** Connections of one session, in each process. @defaultValue 10 */
  maxConnections?: number;
  /** Closes connections on which no frame comes, not even a `ping`. @defaultValue none are */
  idleTimeoutMs?: number | null;
  /** How often a connection is pinged; one that does not answer until the next is dead. @defaultValue 30,000 */
  pingIntervalMs?: number;
  /**
   * Bytes that may wait for a client to read them, and one frame more; at least what Node buffers for a
   * socket (16 to 64 KiB). @defaultValue 1,048,576
   */
  maxBufferedBytes?: number;
  /** How long a client may take to read them. @defaultValue 10,000 */
  drainTimeoutMs?: number;
  /** Told what fails on our side, and why a `resume` was refused. @defaultValue nobody is */
  logger?: Logger;
  /** Time. @defaultValue the machine's */
  clock?: Clock;
}

/** How much of a session is kept. What is over a limit is dropped, the oldest first. */
export interface LogOptions {
  /** Messages, those of the user among them. @defaultValue 500 */
  maxMessages?: number;
  /** Bytes of JSON, at least the last message. @defaultValue 1,048,576 */
  maxBytes?: number;
  /** Milliseconds. @defaultValue 86,400,000 (24 hours) */
  maxAgeMs?: number;
}

/** Who may connect, with its defaults. */
export type ResolvedAuth =
  | { type: 'none' }
  | { type: 'function'; authenticate: Authenticate }
  | ({ type: 'jwt' } & ResolvedJwt);

/** The options with their defaults, checked. */
export interface ResolvedWebSocketOptions extends Required<
  Omit<WebSocketOptions, 'auth' | 'origins' | 'log' | 'logger'>
> {
  auth: ResolvedAuth;
  origins: true | readonly string[] | null;
  logger: Logger | null;
  log: Required<LogOptions>;
}

const DAY_MS = 24 * 60 * 60 * 1_000;
const DEFAULTS = {
  sessionTtlMs: DAY_MS,
  maxFrameBytes: 64 * 1024,
  framesPerSecond: 20,
  maxConnections: 10,
  pingIntervalMs: 30_000,
  maxBufferedBytes: 1024 * 1024,
  drainTimeoutMs: 10_000,
};
const LOG_DEFAULTS = { maxMessages: 500, maxBytes: 1024 * 1024, maxAgeMs: DAY_MS };
const NAMES = [
  'name',
  'auth',
  'origins',
  'log',
  'idleTimeoutMs',
  'logger',
  'clock',
  ...Object.keys(DEFAULTS),
];
const JWT_NAMES = ['type', 'key', 'algorithms', 'issuer', 'audience'];

type Fail = (message: string) => never;

/** Checks the options and fills in the defaults. @throws ConfigurationError */
export function resolveOptions(options: WebSocketOptions = {}): ResolvedWebSocketOptions {
  const { name = 'websocket', origins = null, idleTimeoutMs = null } = options;
  const { clock = systemClock, logger } = options;
  const fail: Fail = (message) => {
    throw new ConfigurationError(message, { channel: name });
  };
  assertKnownOptions(options, NAMES, { channel: name });
  if (typeof name !== 'string' || name === '') fail('name must be a text that is not empty');
  const areOrigins = Array.isArray(origins) && origins.every(isOrigin);
  if (origins !== null && origins !== true && !areOrigins) {
    fail('origins must be true or a list of origins such as "https://example.org"');
  }
  const idle = idleTimeoutMs === null ? null : numberOf('idleTimeoutMs', idleTimeoutMs, fail);
  const log = options.log ?? {};
  if (!isJsonObject(log)) fail('log must hold maxMessages, maxBytes or maxAgeMs, or be left out');
  assertKnownOptions(log, Object.keys(LOG_DEFAULTS), { channel: name, within: 'log' });
  return {
    ...withDefaults('', DEFAULTS, options, fail),
    name,
    origins,
    clock,
    logger: logger ? guardLogger(logger) : null,
    idleTimeoutMs: idle,
    auth: resolveAuth(options.auth, name, fail),
    log: withDefaults('log.', LOG_DEFAULTS, log, fail),
  };
}

function withDefaults<D extends Record<string, number>>(
  lead: string,
  defaults: D,
  options: { [K in keyof D]?: number },
  fail: Fail,
): D {
  const names = Object.keys(defaults) as (keyof D & string)[];
  const numbers = names.map((name) => [
    name,
    numberOf(lead + name, options[name] ?? defaults[name], fail),
  ]);
  // Every key of the defaults has got its number.
  return Object.fromEntries(numbers) as D;
}

function numberOf(name: string, value: unknown, fail: Fail): number {
  if (typeof value === 'number' && value > 0) return value;
  return fail(`${name} must be a number above 0`);
}

/** An origin is scheme, host and port; with a path or a slash at its end it would match nothing. */
function isOrigin(origin: unknown): boolean {
  if (typeof origin !== 'string' || !URL.canParse(origin)) return false;
  const { origin: own, protocol, host } = new URL(origin);
  // Apps and extensions have schemes of theirs (`capacitor://localhost`), whose origins Node does not know.
  return origin === (own === 'null' && host !== '' ? `${protocol}//${host}` : own);
}

function resolveAuth(auth: WebSocketOptions['auth'], channel: string, fail: Fail): ResolvedAuth {
  if (auth === undefined) return { type: 'none' };
  if (typeof auth === 'function') return { type: 'function', authenticate: auth };
  // An empty section in a file is `null`, and must not open the channel to everybody.
  if (!isJsonObject(auth) || auth.type !== 'jwt') {
    return fail('auth must be a function, hold type "jwt", or be left out');
  }
  assertKnownOptions(auth, JWT_NAMES, { channel, within: 'auth' });
  return { type: 'jwt', ...resolveJwt(auth, 'auth.', fail) };
}
