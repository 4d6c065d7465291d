import type { InputChannel } from '../channel/input-channel.ts';
import { ConfigurationError, toError } from '../errors.ts';
import { didYouMean } from '../names.ts';
import { BUILT_IN } from './built-in.ts';
import { namesModule } from './channel-class.ts';

/** Where one channel is looked for. */
interface Sections {
  /** The file; `null` if there is none. */
  file: string | null;
  keys: readonly string[];
  /** Makes the channel of a key, or a built-in one without options. */
  make: (key: string) => Promise<InputChannel>;
}

/** A channel, and the key that it was made of. */
interface Made {
  key: string;
  channel: InputChannel;
}

/**
 * Makes the channel that a connector names.
 *
 * @throws ConfigurationError - there is none; the error says which there are.
 */
export async function makeConnector(connector: string, sections: Sections): Promise<Made> {
  const { file, keys, make } = sections;
  const isThere = keys.includes(connector) || file === null || namesModule(connector);
  if (isThere) return { key: connector, channel: await make(connector) };
  const failures = new Map<string, Error>();
  const found = await findByName(connector, sections, failures);
  if (found !== null) return found;
  const builtIn = Object.keys(BUILT_IN);
  if (builtIn.includes(connector)) return { key: connector, channel: await make(connector) };
  const has = keys.map((key) => key + whyNot(failures.get(key))).join(', ') || 'none';
  const hint = didYouMean(connector, [...keys, ...builtIn]);
  throw new ConfigurationError(
    `${file} has no channel "${connector}"${hint ? `${hint} It` : ': it'} has ${has}`,
    causeOf(failures.values()),
  );
}

function whyNot(failure: Error | undefined): string {
  return failure === undefined ? '' : ` (${failure.message})`;
}

/** What somebody's own code has thrown, the first of it. */
function causeOf(failures: Iterable<Error>): { code?: string; cause?: unknown } {
  const thrown = [...failures].find((error) => Object(error).code === 'user_code');
  return thrown === undefined ? {} : { code: 'user_code', cause: thrown.cause };
}

/**
 * What a channel of a module is called, only the channel itself knows. What cannot be made is another
 * one's: why not is written down in `failures`.
 */
async function findByName(
  name: string,
  { keys, make }: Sections,
  failures: Map<string, Error>,
): Promise<Made | null> {
  for (const key of keys.filter(namesModule)) {
    try {
      const channel = await make(key);
      if (channel.name === name) return { key, channel };
      await channel.close?.();
    } catch (error) {
      failures.set(key, toError(error));
    }
  }
  return null;
}
