import {
  assertKnownOptions,
  ConfigurationError,
  isJsonObject,
  type InputChannel,
  type TrunklineOptions,
} from '@trunkline/core';

/**
 * What an assistant's module may say of the line that `trunkline run` makes, as its export `options`:
 * the options of a `Trunkline` but those that the command line has from elsewhere.
 */
export type LineOptions = Omit<
  TrunklineOptions,
  'channels' | 'assistant' | 'responses' | 'store' | 'logger' | 'clock'
>;

/** Where the command line has the others from. */
const ELSEWHERE: Record<Exclude<keyof TrunklineOptions, keyof LineOptions>, string> = {
  channels: 'credentials.yml names them',
  assistant: 'it is an export of its own',
  responses: '--responses names them',
  store: '--store or STORE names it',
  logger: 'the command line has its own, and LOG_LEVEL',
  clock: "the command line has the machine's",
};

const NAMES: Record<keyof LineOptions, true> = {
  route: true,
  turns: true,
  overlap: true,
  delivery: true,
  session: true,
  apology: true,
  history: true,
  conversationKey: true,
  api: true,
  onError: true,
  onTurn: true,
  onSend: true,
};

/**
 * Checks the names of the options that a module exports; their values are the line's to check.
 *
 * @throws ConfigurationError - it is no object, or an option is unknown, or comes from elsewhere.
 */
export function checkLineOptions(module: string, options: unknown): LineOptions {
  const fail = (what: string): never => {
    throw new ConfigurationError(`${module}: ${what}`);
  };
  if (!isJsonObject(options)) return fail('options must be an object: { apology: "Sorry" } say');
  for (const [name, where] of Object.entries(ELSEWHERE)) {
    if (Object.hasOwn(options, name)) fail(`options cannot hold ${name}: ${where}`);
  }
  try {
    assertKnownOptions(options, Object.keys(NAMES), { within: 'options' });
  } catch (error) {
    fail((error as ConfigurationError).message);
  }
  return options;
}

/**
 * Who may use the API: whoever has `API_TOKEN`, and whom the module lets in.
 *
 * @throws ConfigurationError - both name a token.
 */
export function apiOf(
  apiToken: string | null,
  { api }: LineOptions,
): Pick<TrunklineOptions, 'api'> {
  if (apiToken === null) return api === undefined ? {} : { api };
  if (api?.token === undefined) return { api: { ...api, token: apiToken } };
  throw new ConfigurationError('API_TOKEN and options.api.token are both set: keep one of them');
}

/** Without what concerns channels that `--connector` has left out. */
export function onlyFor(served: readonly InputChannel[], options: LineOptions): LineOptions {
  const { overlap } = options;
  if (typeof overlap !== 'object' || overlap.channels === undefined) return options;
  const isServed = ([name]: [string, unknown]): boolean =>
    served.some((channel) => channel.name === name);
  const channels = Object.fromEntries(Object.entries(overlap.channels).filter(isServed));
  return { ...options, overlap: { ...overlap, channels } };
}
