import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'vitest';

/** Something that tests need and that a machine may lack. */
export interface Part {
  /** What to call it. */
  name: string;
  /** Whether this machine has it. Asked once a test file. */
  present: () => boolean | Promise<boolean>;
  /** The command that provides it. */
  provide: string;
}

/**
 * A hook that skips the tests around it, by name and with the command that would help, where a part
 * is missing. With `CI=true` they fail instead: there, a part that is missing is a mistake.
 *
 *     describe('the Redis store', () => {
 *       beforeEach(needs(redis));
 *
 * Open the part in a test or in a later `beforeEach`: a `beforeAll` runs ahead of this hook.
 */
export function needs(part: Part): (context: TestContext) => Promise<void> {
  let present: Promise<boolean> | undefined;
  return async (context) => {
    present ??= Promise.resolve(part.present());
    if (await present) return;
    const sentence = `needs ${part.name}, which is not here: ${part.provide}`;
    if (process.env['CI'] === 'true') throw new Error(sentence);
    context.skip(sentence);
  };
}

/** A program that must be on the PATH; `apt` is the Debian package it comes in. */
export function program(name: string, apt: string): Part {
  const path = (process.env['PATH'] ?? '').split(delimiter);
  return {
    name,
    present: () => path.some((folder) => existsSync(join(folder, name))),
    provide: `apt-get install ${apt}`,
  };
}

/** A server that must listen on this machine; `provide` is the command that starts one. */
export function server(name: string, port: number, provide: string): Part {
  const present = (): Promise<boolean> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy()).setTimeout(1000, () => socket.destroy());
      socket.once('close', () => resolve(false));
    });
  return { name: `${name} on port ${port}`, present, provide };
}
