import { inspect } from 'node:util';
import { TrunklineError, type TrunklineErrorOptions } from '@trunkline/core';
import { paint, type Screen } from './terminal.ts';

/** A command could not do what it was told: whoever typed it must act. */
export class CommandError extends TrunklineError {
  constructor(message: string, options?: TrunklineErrorOptions) {
    super(message, 'command', options);
  }
}

/** What a command ends with. */
export const EXIT = {
  /** It did what it was told. */
  done: 0,
  /** It could not. */
  failed: 1,
  /** The command line was not understood. */
  usage: 2,
} as const;

/** Says why a command could not do what it was told. */
export function reportFailure(error: unknown, screen: Screen): void {
  screen.write(`${paint(screen, 'red', 'error:')} ${describe(error)}\n`);
}

/**
 * One of our errors is a sentence. What somebody's own code threw is shown below it with its stack, and
 * what we did not expect is shown as it is.
 */
export function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!isOurs(error)) return stackOf(error);
  const { message, code, cause } = error;
  if (code !== 'user_code') return message;
  return `${message}\n\n${cause instanceof Error ? stackOf(cause) : inspect(cause)}\n`;
}

/** By their shape: a user's package may bring its own copy of the classes. */
function isOurs(error: Error): error is Error & { code: string } {
  return 'channel' in error && 'code' in error && typeof error.code === 'string';
}

/** The stack without the frames that are Node's and those of packages: somebody looks for their own. */
function stackOf(error: Error): string {
  const lines = (error.stack ?? String(error)).split('\n');
  return lines
    .filter((line) => !/^\s+at .*(node:internal|[\\/]node_modules[\\/])/.test(line))
    .join('\n');
}
