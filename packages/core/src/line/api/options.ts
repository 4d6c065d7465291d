import { ConfigurationError } from '../../errors.ts';
import { resolveJwt, resolveTokens, type JwtOptions, type ResolvedJwt } from '../../http/jwt.ts';
import { isJsonObject } from '../../message/json.ts';
import { assertKnownOptions } from '../../names.ts';

/** Who may use the API: at least one of the two. */
export interface ApiOptions {
  /**
   * The token, or several while one is being replaced: `?token=…` as in Rasa, or better
   * `Authorization: Bearer …`, since addresses are written to logs.
   */
  token?: string | readonly string[];
  /**
   * JSON Web Tokens in Rasa's form: `{ user: { username, role } }`. The role `admin` may do all, `user`
   * only what concerns the conversation of that name.
   */
  jwt?: JwtOptions;
}

/** The options, checked. */
export interface ResolvedApi {
  tokens: readonly string[];
  jwt: ResolvedJwt | null;
}

const NAMES = ['token', 'jwt'];
const JWT_NAMES = ['key', 'algorithms', 'issuer', 'audience'];

/** Checks the options. @throws ConfigurationError */
export function resolveApi(options: ApiOptions): ResolvedApi {
  // An empty section in a file is `null`, and must not open the API to everybody.
  if (!isMap(options)) return fail('api must hold a token or jwt, or be left out');
  assertKnownOptions(options, NAMES, { within: 'api' });
  const { token, jwt } = options;
  if (token === undefined && jwt === undefined) return fail('api must hold a token, or jwt');
  const tokens = token === undefined ? [] : resolveTokens(token, 'api.token', fail);
  if (jwt === undefined) return { tokens, jwt: null };
  if (!isMap(jwt)) return fail('api.jwt must hold the key: { key }');
  assertKnownOptions(jwt, JWT_NAMES, { within: 'api.jwt' });
  return { tokens, jwt: resolveJwt(jwt, 'api.jwt.', fail) };
}

/** Somebody without a compiler may give anything. */
function isMap(value: unknown): boolean {
  return isJsonObject(value);
}

function fail(message: string): never {
  throw new ConfigurationError(message);
}
