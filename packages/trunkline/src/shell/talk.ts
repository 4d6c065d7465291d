import { createInterface } from 'node:readline';
import { Trunkline, TurnAbortedError, type Logger } from '@trunkline/core';
import { describe } from '../failure.ts';
import type { Context } from '../program.ts';
import type { Project } from '../project.ts';
import { watchProject, type Reloading } from '../reload.ts';
import { paint, type Screen } from '../terminal.ts';
import { ShellInput } from './shell-input.ts';

/** The longest that a timer of Node takes. */
const LONGEST_MS = 2 ** 31 - 1;

/** A conversation in the terminal, until its input ends. Resolves to whether all was answered. */
export async function talk(project: Project, terminal: Context): Promise<boolean> {
  // The timers of a turn keep no process alive, nor does input that has ended.
  const alive = setInterval(() => {}, LONGEST_MS);
  try {
    return await converse(project, terminal);
  } finally {
    clearInterval(alive);
  }
}

async function converse(project: Project, terminal: Context): Promise<boolean> {
  const { input, output, errors } = terminal;
  const isTerminal = [input, output].every(({ isTTY }) => isTTY);
  const reloading = isTerminal ? await watched(project, errors) : null;
  const { assistant, responses } = await project.load();
  const shell = new ShellInput(output);
  const line = new Trunkline({
    channels: [shell],
    assistant,
    ...(responses === null ? {} : { responses }),
    logger: screenLogger(errors),
  });
  reloading?.into(line);
  // From here on there is no other wait before the first line is asked for: it would be lost.
  const reader = createInterface({
    input,
    ...(isTerminal ? { output, prompt: paint(output, 'bold', '> ') } : {}),
  });
  let isAnswering = false;
  reader.on('SIGINT', () => {
    if (isAnswering) void shell.cancel();
    else reader.close();
  });
  if (isTerminal) output.write(`Talk to ${project.assistant.module}; /stop ends it.\n`);

  let isOpen = true;
  reader.on('close', () => void (isOpen = false));
  let isAsking = false;
  const ask = (): void => {
    // Node 24 fails where a line is asked for of an input that has ended.
    isAsking = isTerminal && isOpen;
    if (isAsking) reader.prompt();
  };

  let isFine = true;
  ask();
  for await (const text of reader) {
    isAsking = false;
    if (text.trim() === '/stop') break;
    if (text.trim() !== '') {
      isAnswering = true;
      isFine = (await answered(shell, text, errors)) && isFine;
      isAnswering = false;
    }
    ask();
  }
  reader.close();
  // Whatever asks next does so on a line of its own.
  if (isAsking) output.write('\n');
  await line.close();
  await reloading?.stop();
  return isFine || isTerminal;
}

/** Resolves to whether a message was answered. Why not has been said. */
async function answered(shell: ShellInput, text: string, errors: Screen): Promise<boolean> {
  try {
    await shell.say(text);
    return true;
  } catch (error) {
    // What the assistant threw is in the log. That somebody has cancelled is not.
    if (error instanceof TurnAbortedError) errors.write(`\n${error.message}\n`);
    return false;
  }
}

function watched(project: Project, errors: Screen): Promise<Reloading> {
  const say = (text: string): unknown => errors.write(`\n${paint(errors, 'dim', text)}\n`);
  return watchProject(project, {
    onReloaded: () => say(`(${project.assistant.module} was loaded again)`),
    onFailed: (sentence) => say(sentence),
  });
}

/** What is worth a line between those of a conversation. */
function screenLogger(errors: Screen): Logger {
  const say = (fields: Readonly<Record<string, unknown>>, message: string): void => {
    const { err } = fields;
    const detail = err === undefined ? '' : `${describe(err)}\n`;
    const isSaid = err instanceof Error && err.message === message;
    errors.write(`${isSaid ? '' : `${paint(errors, 'red', message)}\n`}${detail}`);
  };
  return { debug() {}, info() {}, warn: say, error: say };
}
