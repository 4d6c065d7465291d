import { dirname, resolve } from 'node:path';
import type { InputChannel } from '../channel/input-channel.ts';
import { ConfigurationError, toError } from '../errors.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../message/json.ts';
import { readYaml } from '../yaml/yaml-file.ts';
import {
  failAt,
  findChannelClass,
  isForRasaX,
  namesModule,
  type ChannelClass,
} from './channel-class.ts';
import { makeConnector } from './connector.ts';
import { expandVariables, type PlacedValue } from './environment.ts';
import { nodeModules, type Modules } from './modules.ts';

/** Where channels come from. */
export interface CredentialsOptions {
  /** The file, `credentials.yml` say. @defaultValue none: `connector` alone, without options */
  file?: string | null;
  /**
   * The only channel to make: by its key, by the name that a channel of a module has, or else a built-in
   * one without options. @defaultValue all of the file
   */
  connector?: string | null;
  /** How modules are loaded. @defaultValue by Node's own means */
  modules?: Modules;
  /** The variables that `${NAME}` stands for: `process.env`, say. */
  env: Readonly<Record<string, string | undefined>>;
}

/** What a credentials file has made. */
export interface LoadedChannels {
  /** The channels, in the order of the file. */
  channels: InputChannel[];
  /** The keys of the file that they were made of. */
  used: string[];
  /** The keys that were left out: because of `connector`, and Rasa's section `rasa`, which is for Rasa X. */
  ignored: string[];
}

/**
 * Makes channels of a credentials file, as Rasa does. Each key names one: a built-in channel (`slack`),
 * or a module and the class that it exports (`./addons/my-channel.ts#MyIO`, `my-package#MyIO`; seen
 * from the file's folder). Below it are its options, or nothing.
 *
 * A section with `class:` is one more channel of a class, and its key is the name: the class gets it as
 * the option `name`.
 *
 * @throws ConfigurationError - the file is malformed, a class is not found, or its `fromCredentials`
 *   failed: then the code is `user_code`, and what it threw the `cause`.
 */
export async function loadCredentials(options: CredentialsOptions): Promise<LoadedChannels> {
  const { file = null, connector = null, modules = nodeModules, env } = options;
  const { value: sections, at } = file === null ? withoutFile() : await readSections(file);
  const folder = file === null ? process.cwd() : dirname(resolve(file));
  const keys = Object.keys(sections);
  const make = async (key: string): Promise<InputChannel> => {
    const isThere = Object.hasOwn(sections, key);
    const below: PlacedValue = {
      value: isThere ? (sections[key] ?? null) : null,
      at: (path) => (isThere ? at([key, ...path]) : NOWHERE),
    };
    const value = expandVariables(below, env);
    return await makeChannel(key, { ...below, value }, { folder, modules });
  };
  if (connector !== null) {
    const { key, channel } = await makeConnector(connector, { file, keys, make });
    const isUsed = (each: string): boolean => each === key;
    const ignored = keys.filter((each) => !isUsed(each));
    return { channels: [channel], used: keys.filter(isUsed), ignored };
  }
  const used = keys.filter((key) => !isForRasaX(key, sections[key]));
  if (used.length === 0) {
    throw new ConfigurationError(
      file === null
        ? 'neither a credentials file nor a connector is named'
        : `${file} names no channel: write "rest:" say`,
    );
  }
  const channels: InputChannel[] = [];
  for (const key of used) channels.push(await make(key));
  return { channels, used, ignored: keys.filter((key) => !used.includes(key)) };
}

async function makeChannel(
  key: string,
  { value: section, at }: PlacedValue,
  where: { folder: string; modules: Modules },
): Promise<InputChannel> {
  const fail = failAt(at([]));
  const isNamed = !namesModule(key);
  const { reference, credentials } = isNamed
    ? readSection(key, section, fail)
    : { reference: key, credentials: section };
  const channelClass = await findChannelClass(reference, { ...where, fail });
  const channel = await callFromCredentials(channelClass, credentials, at);
  if (!isJsonObject(channel)) {
    return fail(`${channelClass.name}.fromCredentials gave back something that is no channel`);
  }
  const name: unknown = channel.name;
  if (typeof name !== 'string' || name === '') {
    // In Rasa it is a method.
    const advice = "readonly name = 'myio' say, a property and no method";
    return fail(`a channel of class ${channelClass.name} has no name: ${advice}`);
  }
  if (isNamed && name !== key) {
    return fail(
      `${channelClass.name} made a channel called "${name}", and its key here is "${key}": ` +
        'they must be the same, so take the name from the credentials, credentials.name',
    );
  }
  return channel;
}

/** What the section of a channel with a name says: its class, and the options with that name. */
function readSection(
  key: string,
  section: JsonValue,
  fail: (message: string) => never,
): { reference: string; credentials: JsonObject } {
  if (section !== null && !isJsonObject(section)) {
    return fail(`the section of ${key} must hold options, or nothing`);
  }
  const { class: reference = key, ...options } = section ?? {};
  if (typeof reference !== 'string') {
    return fail(`class of ${key} must name a class: "slack" or "./addons/my-channel.ts#MyIO" say`);
  }
  if (options['name'] !== undefined && options['name'] !== key) {
    return fail(`${key} is the name of the channel, so that "name" is not needed below it`);
  }
  return { reference, credentials: { ...options, name: key } };
}

async function callFromCredentials(
  channelClass: ChannelClass,
  credentials: JsonValue,
  at: PlacedValue['at'],
): Promise<InputChannel> {
  try {
    return await channelClass.fromCredentials(credentials);
  } catch (thrown) {
    const error = toError(thrown);
    // By its name: there may be two copies of this package.
    if (error.name === 'ConfigurationError') {
      const { option } = error as ConfigurationError;
      throw new ConfigurationError(`${at(option?.split('.') ?? [])}: ${error.message}`, {
        cause: error,
      });
    }
    return failAt(at([]))(`${channelClass.name}.fromCredentials failed`, error);
  }
}

async function readSections(file: string): Promise<PlacedValue & { value: JsonObject }> {
  const yaml = await readYaml(file);
  const value = yaml.value ?? {};
  if (!isJsonObject(value)) {
    throw new ConfigurationError(
      `${yaml.at([])}: credentials must be a map of channels to their options`,
    );
  }
  return { value, at: (path) => yaml.at(path) };
}

/** Where a channel stands that is in no file. */
const NOWHERE = 'connector';

/** As if there were a file with nothing in it. */
function withoutFile(): PlacedValue & { value: JsonObject } {
  return { value: {}, at: () => NOWHERE };
}
