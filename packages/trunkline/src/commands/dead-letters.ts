import { deadLettersIn, StoreError, type DeadLetter, type DeadLetters } from '@trunkline/core';
import type { Command } from 'commander';
import { loadEnvironment } from '../environment.ts';
import { CommandError } from '../failure.ts';
import type { Context } from '../program.ts';
import { openStoreBeside, type StoreName } from '../store.ts';
import { harmless, paint, type Screen } from '../terminal.ts';
import { storeOption } from './options.ts';

interface StoreOptions {
  store?: StoreName;
}

type Work = (letters: DeadLetters) => Promise<void>;

/** Adds `trunkline dead-letters`. */
export function addDeadLetters(program: Command, { output, errors }: Context): void {
  const command = program
    .command('dead-letters')
    .description('list, show, replay, discard what was given up')
    .helpCommand(false)
    .addHelpText('after', NOTES);
  const add = (usage: string, description: string): Command =>
    command.command(usage).description(description).addOption(storeOption());

  add('list', 'list them, the oldest first').action((options: StoreOptions) =>
    within(options, async (letters) => {
      const all = await letters.list();
      list(all, output);
      if (all.length === 0) errors.write('There are no dead letters.\n');
    }),
  );
  add('show <id>', 'print one as JSON').action((id: string, options: StoreOptions) =>
    within(options, async (letters) => {
      const letter = await letters.get(id);
      if (letter === null) throw new CommandError(noLetter(id));
      output.write(`${harmlessJson(letter)}\n`);
    }),
  );
  add('replay <ids...>', 'put them back: what was sent is not sent again').action(
    (ids: string[], options: StoreOptions) =>
      within(options, async (letters) => {
        const onDone = (): unknown => output.write(`${WOKEN}\n`);
        await each(ids, (id) => letters.replay(id), onDone);
      }),
  );
  add('discard <ids...>', 'forget them').action((ids: string[], options: StoreOptions) =>
    within(options, (letters) => each(ids, (id) => letters.discard(id))),
  );
}

/**
 * The arguments with all ids last, behind `--`: one that begins with a hyphen looks like an option. No
 * option has the length of an id and only its letters.
 */
export function withIdsLast(args: readonly string[]): readonly string[] {
  if (args[0] !== 'dead-letters' || args.includes('--')) return args;
  const isId = (arg: string): boolean => /^[\w-]{27}$/.test(arg);
  return [...args.filter((arg) => !isId(arg)), '--', ...args.filter(isId)];
}

const WOKEN =
  'Put back. A server that runs takes it up within 15 seconds, or else the next one that starts.';

const NOTES = `
They are kept for 90 days, in the store of the server: STORE, which is
sqlite:data/trunkline.db, unless --store names another one. The server may run
meanwhile.`;

async function within({ store }: StoreOptions, work: Work): Promise<void> {
  const opened = await openStoreBeside(store ?? loadEnvironment().store);
  try {
    await work(deadLettersIn(opened));
  } finally {
    await opened.close();
  }
}

/**
 * Does it with each: one that is not there, or cannot be read, keeps no other one where it is.
 *
 * @param onDone - Called where it was done with one of them at least.
 * @throws CommandError - with all that it was not done with.
 */
async function each(
  ids: readonly string[],
  work: (id: string) => Promise<boolean>,
  onDone: () => void = () => {},
): Promise<void> {
  const refused: string[] = [];
  for (const id of ids) {
    try {
      if (!(await work(id))) refused.push(noLetter(id));
    } catch (error) {
      if (!(error instanceof StoreError && error.code === 'unreadable')) throw error;
      refused.push(ids.length === 1 ? error.message : `${id}: ${error.message}`);
    }
  }
  if (refused.length < ids.length) onDone();
  if (refused.length > 0) throw new CommandError(refused.join('\n'));
}

function noLetter(id: string): string {
  return `there is no dead letter "${id}": see trunkline dead-letters list`;
}

/** One a line, with tabs between, so that other programs can read it as well. */
function list(letters: readonly DeadLetter[], output: Screen): void {
  for (const { id, diedAt, channel, message, reason, unread } of letters) {
    const when = new Date(diedAt).toISOString();
    // Where the sender could not be read, the conversation says who it was.
    const who = String(message.senderId ?? unread?.conversation ?? '');
    const row = [when, channel, who, cell(reason).slice(0, 120)];
    output.write(`${paint(output, 'bold', cell(id))}\t${row.map(cell).join('\t')}\n`);
  }
}

/** Text that keeps to its place in the row. */
function cell(text: string): string {
  return harmless(text.replaceAll(/\s+/g, ' '));
}

/** JSON escapes some of what would steer the terminal; the rest is escaped here, and stays what it is. */
function harmlessJson(value: unknown): string {
  const escaped = (char: string): string =>
    `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value, null, 2).replaceAll(/[\x7f-\x9f]/g, escaped);
}
