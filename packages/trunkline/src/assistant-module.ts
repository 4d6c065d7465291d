import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  ConfigurationError,
  parseModuleRef,
  type Assistant,
  type AssistantObject,
  type Modules,
} from '@trunkline/core';
import { checkLineOptions, type LineOptions } from './line-options.ts';

/** Where an assistant is looked for that nobody has named. */
const USUAL = ['./assistant.ts', './assistant.mts', './assistant.js', './assistant.mjs'];

/** A module with an assistant. */
export interface AssistantModule {
  /** How it was named, `./assistant.ts`. */
  module: string;
  /** The file, or what the package resolves to. */
  resolved: string;
  /** The export that it is; `null` for `default`, or else `assistant`. */
  name: string | null;
}

/**
 * Finds the module: the one that is named, `./bot.ts` or `./bot.ts#sales` say, or the usual one.
 *
 * @throws ConfigurationError - there is none.
 */
export function findAssistant(named: string | undefined, modules: Modules): AssistantModule {
  const usual = USUAL.find((file) => existsSync(file));
  const text = named ?? usual;
  if (text === undefined) {
    throw new ConfigurationError(
      'there is no assistant.ts here: write one,\n\n' +
        "  export default async (message, reply) => reply.text('You said: ' + message.text);\n\n" +
        'or name yours with --assistant',
    );
  }
  const { module, name } = parseModuleRef(text);
  const folder = process.cwd();
  // `--assistant bot.ts` is a file, whatever a package of this name may be.
  const path = existsSync(module) ? resolve(module) : module;
  const resolved = modules.resolve(path, folder);
  if (resolved === null) throw new ConfigurationError(`there is no module ${module} in ${folder}`);
  return { module, resolved, name };
}

/** What a module with an assistant exports. */
export interface LoadedModule {
  assistant: Assistant;
  /** What it says of the line; `null` if nothing. */
  options: LineOptions | null;
}

/** Loads the assistant. @throws ConfigurationError - it cannot be loaded, or is none. */
export async function loadAssistant(
  { module, resolved, name }: AssistantModule,
  modules: Modules,
): Promise<LoadedModule> {
  let exported: Readonly<Record<string, unknown>>;
  try {
    exported = await modules.load(resolved);
  } catch (error) {
    throw new ConfigurationError(`${module} cannot be loaded`, { cause: error, code: 'user_code' });
  }
  const names = name === null ? ['default', 'assistant'] : [name];
  const found = names.find((candidate) => isAssistant(exported[candidate]));
  if (found === undefined) {
    throw new ConfigurationError(
      `${module} exports no assistant: ${names.join(' or ')} must be a function (message, reply), ` +
        'or an object with handle()',
    );
  }
  if (isClass(exported[found])) {
    const { name: bot } = exported[found];
    throw new ConfigurationError(
      `${module} exports a class: export an object of it, \`new ${bot || 'Bot'}()\``,
    );
  }
  // As was just seen.
  const assistant = exported[found] as Assistant;
  // What the default export has is seen here as if the module had exported it: an assistant's own are not ours.
  const isOwn = found !== 'default' || Object.hasOwn(exported, 'options');
  const options = isOwn ? exported['options'] : undefined;
  return { assistant, options: options === undefined ? null : checkLineOptions(module, options) };
}

function isAssistant(value: unknown): value is Assistant {
  return (
    typeof value === 'function' || typeof Object(value as AssistantObject).handle === 'function'
  );
}

/** A class cannot be called, which only its source tells. */
function isClass(value: unknown): value is { name: string } {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}
