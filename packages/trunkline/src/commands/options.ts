import { InvalidArgumentError, Option, type Command } from 'commander';
import { ConfigurationError } from '@trunkline/core';
import { parseHost, parsePort } from '../environment.ts';
import { parseStore } from '../store.ts';

/** The options that name a project. */
export function addProjectOptions(command: Command): Command {
  return command
    .option('-a, --assistant <module>', 'the assistant: assistant.ts, bot.js#sales, a package')
    .option('-r, --responses <path>', 'the responses of a domain, a file or a folder');
}

/** `--store`. */
export function storeOption(): Option {
  return new Option('-s, --store <store>', 'sqlite:<file>, redis://<host> or memory').argParser(
    (text) => understood(() => parseStore(text, 'It')),
  );
}

/** `--port`. */
export function portOption(): Option {
  return new Option('-p, --port <number>', 'the port; 0 picks a free one').argParser((text) =>
    understood(() => parsePort(text, 'It', 0)),
  );
}

/** `--host`. */
export function hostOption(): Option {
  return new Option(
    '--host <address>',
    'the address to listen on; all, if none is named',
  ).argParser((text) => understood(() => parseHost(text, 'It')));
}

/** What a parser of ours refuses is the command line's fault. */
function understood<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ConfigurationError) throw new InvalidArgumentError(`${error.message}.`);
    throw error;
  }
}
