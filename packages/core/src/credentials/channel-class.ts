import { ConfigurationError } from '../errors.ts';
import type { InputChannel } from '../channel/input-channel.ts';
import { isJsonObject, type JsonValue } from '../message/json.ts';
import { didYouMean } from '../names.ts';
import { BUILT_IN } from './built-in.ts';
import { isModulePath, parseModuleRef, type ModuleRef } from './module-ref.ts';
import type { Modules } from './modules.ts';

/** A class that channels are made of. */
export interface ChannelClass {
  name: string;
  fromCredentials(credentials: JsonValue): InputChannel | Promise<InputChannel>;
}

/** Where a class is looked for. */
export interface ClassPlace {
  /** The folder that paths and packages are seen from. */
  folder: string;
  modules: Modules;
  /** Says what is wrong, with file and line. */
  fail: (message: string, cause?: unknown) => never;
}

/** Whether a text names a module and not a built-in channel. */
export function namesModule(text: string): boolean {
  return text.includes('#') || text.startsWith('@') || isModulePath(text);
}

/**
 * Whether a section is Rasa's own, which stands in each `credentials.yml` that `rasa init` makes: a file
 * that is brought along must start. One with a class is a channel called so.
 */
export function isForRasaX(key: string, section: unknown): boolean {
  return key === RASA_X && !(isJsonObject(section) && Object.hasOwn(section, 'class'));
}

const RASA_X = 'rasa';

/**
 * Finds the class that a text names: a built-in channel, or a module with the exported class.
 *
 * @throws ConfigurationError - there is none; the error says what to do.
 */
export async function findChannelClass(text: string, place: ClassPlace): Promise<ChannelClass> {
  const { folder, modules, fail } = place;
  const ref = namesModule(text) ? parseModuleRef(text) : builtIn(text, fail);
  const { module, name } = ref;
  if (module === '') {
    return fail(`"${text}" names no module: write "./addons/my-channel.ts#MyIO" say`);
  }
  if (name === null) return fail(`"${text}" names no class: write "${module}#MyIO", with yours`);
  const resolved = resolve(ref, place);
  if (resolved === null) {
    if (!namesModule(text)) return fail(`${text} needs its package: npm install ${module}`);
    return fail(`there is no module ${module} ${whereElse(ref, folder)}`);
  }
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = await modules.load(resolved);
  } catch (error) {
    return fail(`${module} cannot be loaded`, error);
  }
  if (!Object.hasOwn(exported, name)) {
    const names = Object.keys(exported);
    const hint = didYouMean(name, names) || `: it exports ${names.join(', ') || 'nothing'}`;
    return fail(`${module} exports no "${name}"${hint}`);
  }
  const found = exported[name];
  if (!isChannelClass(found)) return fail(`${name} of ${module} is no class of InputChannel's`);
  return found;
}

/** Where it was looked for, or what to do about it. */
function whereElse({ module, name }: ModuleRef, folder: string): string {
  if (isModulePath(module)) return `in ${folder}`;
  // A package is seldom called like a file.
  const isFile = /\.[cm]?[jt]s$/.test(module);
  return isFile
    ? `to be found: a file begins with "./", "./${module}#${name}"`
    : `to be found: npm install ${module}`;
}

function resolve({ module }: ModuleRef, { folder, modules, fail }: ClassPlace): string | null {
  try {
    return modules.resolve(module, folder);
  } catch (error) {
    return fail(`${module} cannot be found`, error);
  }
}

function builtIn(text: string, fail: ClassPlace['fail']): ModuleRef {
  const found = Object.hasOwn(BUILT_IN, text) ? BUILT_IN[text] : undefined;
  if (found !== undefined) return found;
  const names = Object.keys(BUILT_IN);
  if (/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$/.test(text)) {
    const [path, name] = [text.replaceAll('.', '/'), text.split('.').at(-1)];
    const file = path.slice(0, path.lastIndexOf('/'));
    return fail(
      `"${text}" is how Rasa names a Python class. Here, name the file and the class that it ` +
        `exports, "./${file}.ts#${name}" say, or a built-in channel: ${names.join(', ')}`,
    );
  }
  if (text === RASA_X) {
    return fail('"rasa" is a section for Rasa X, which has no counterpart here');
  }
  const hint = didYouMean(text, names);
  return fail(
    `there is no channel "${text}"${hint ? `${hint} There` : ': there'} are ${names.join(', ')}; ` +
      'one of your own is named "./addons/my-channel.ts#MyIO"',
  );
}

/** By its shape: there may be two copies of this package. */
function isChannelClass(value: unknown): value is ChannelClass {
  return typeof value === 'function' && typeof Object(value).fromCredentials === 'function';
}

/** What fails at a place, with `<file>:<line>: ` before it. A cause is what somebody's own code threw. */
export function failAt(place: string): ClassPlace['fail'] {
  return (message, cause) => {
    const code = cause === undefined ? {} : { code: 'user_code' };
    throw new ConfigurationError(`${place}: ${message}`, { cause, ...code });
  };
}
