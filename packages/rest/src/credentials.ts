import {
  assertKnownOptions,
  ConfigurationError,
  isJsonObject,
  resolveJwt,
  resolveTokens,
  type JwtOptions,
  type ResolvedJwt,
} from '@trunkline/core';

/** Who may post: whoever knows one of the tokens. */
export interface BearerAuth {
  /** Tokens that both sides know. */
  type: 'bearer';
  /** The token, or several while one is being replaced. */
  token: string | readonly string[];
}

/**
 * Who may post: whoever has a JSON Web Token that verifies. Its subject (`sub`) is the sender; a
 * body that names another one is refused.
 */
export interface JwtAuth extends JwtOptions {
  /** JSON Web Tokens. */
  type: 'jwt';
}

/** Options of a {@link RestInput}. */
export interface RestOptions {
  /** The channel's name and URL prefix. @defaultValue `rest` */
  name?: string;
  /**
   * Which web pages may post: none, those of a list of origins (`https://example.org`), or all.
   *
   * @defaultValue `false`
   */
  cors?: boolean | readonly string[];
  /** Who may post. @defaultValue everybody */
  auth?: BearerAuth | JwtAuth;
  /** Bytes of a request's body. @defaultValue 262,144 (256 kB) */
  bodyLimitBytes?: number;
  /**
   * How a failed turn is answered: as Rasa does, 200 with what was said before it failed, and the
   * header `X-Trunkline-Turn: failed`; or with 500 and a problem document.
   *
   * @defaultValue `rasa`
   */
  errors?: 'rasa' | 'problem';
}

/** The options with their defaults, checked. */
export interface ResolvedRestOptions extends Required<Omit<RestOptions, 'auth'>> {
  auth:
    | { type: 'none' }
    | { type: 'bearer'; tokens: readonly string[] }
    | ({ type: 'jwt' } & ResolvedJwt);
}

const NAMES = ['name', 'cors', 'auth', 'bodyLimitBytes', 'errors'];
const BEARER_NAMES = ['type', 'token'];
const JWT_NAMES = ['type', 'key', 'algorithms', 'issuer', 'audience'];

/** Checks the options and fills in the defaults. @throws ConfigurationError */
export function resolveOptions(options: RestOptions = {}): ResolvedRestOptions {
  const { name = 'rest', cors = false, bodyLimitBytes = 256 * 1024, errors = 'rasa' } = options;
  const fail = (message: string): never => {
    throw new ConfigurationError(message, { channel: name });
  };
  assertKnownOptions(options, NAMES, { channel: name });
  if (typeof name !== 'string' || name === '') fail('name must be a text that is not empty');
  if (!Number.isInteger(bodyLimitBytes) || bodyLimitBytes < 1) {
    fail('bodyLimitBytes must be a whole number of at least 1');
  }
  if (errors !== 'rasa' && errors !== 'problem') fail('errors must be "rasa" or "problem"');
  if (typeof cors !== 'boolean' && !(Array.isArray(cors) && cors.every(isOrigin))) {
    fail('cors must be true, false or a list of origins such as "https://example.org"');
  }
  return { name, cors, bodyLimitBytes, errors, auth: resolveAuth(options.auth, name, fail) };
}

/** An origin is scheme, host and port; with a path or a slash at its end it would match nothing. */
function isOrigin(origin: unknown): boolean {
  if (typeof origin !== 'string' || !URL.canParse(origin)) return false;
  const { origin: own, protocol, host } = new URL(origin);
  // Apps and extensions have schemes of theirs (`capacitor://localhost`), whose origins Node does not know.
  return origin === (own === 'null' && host !== '' ? `${protocol}//${host}` : own);
}

function resolveAuth(
  auth: RestOptions['auth'],
  channel: string,
  fail: (message: string) => never,
): ResolvedRestOptions['auth'] {
  if (auth === undefined) return { type: 'none' };
  // An empty section in a file is `null`, and must not open the channel to everybody.
  if (!isJsonObject(auth)) return fail('auth must hold type "bearer" or "jwt", or be left out');
  const names = auth.type === 'bearer' ? BEARER_NAMES : JWT_NAMES;
  assertKnownOptions(auth, names, { channel, within: 'auth' });
  if (auth.type === 'bearer') {
    return { type: 'bearer', tokens: resolveTokens(auth.token, 'auth.token', fail) };
  }
  if (auth.type !== 'jwt') return fail('auth.type must be "bearer" or "jwt"');
  return { type: 'jwt', ...resolveJwt(auth, 'auth.', fail) };
}
