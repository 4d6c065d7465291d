import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addDeadLetters, withIdsLast } from './commands/dead-letters.ts';
import { addRun } from './commands/run.ts';
import { addSend } from './commands/send.ts';
import { addShell } from './commands/shell.ts';
import { EXIT, reportFailure } from './failure.ts';
import { paint, type Screen } from './terminal.ts';

/** What a command works with. */
export interface Terminal {
  input: NodeJS.ReadStream;
  output: NodeJS.WriteStream;
  errors: NodeJS.WriteStream;
}

/** What a command is told. */
export interface Context extends Terminal {
  /** Says what it ends with, where that is not 0; `null` for a server, which goes on. */
  endWith: (code: number | null) => void;
}

/** Runs a command line. Resolves to the exit code, or to `null` if it has started a server. */
export async function runCommandLine(
  args: readonly string[],
  terminal: Terminal,
): Promise<number | null> {
  let code: number | null = EXIT.done;
  const context: Context = { ...terminal, endWith: (end) => void (code = end) };
  // Whoever reads may have heard enough, `| head` say, which is no failure. A server goes on.
  terminal.output.on('error', ({ code: reason }: NodeJS.ErrnoException) => {
    if (code !== null) process.exit(reason === 'EPIPE' ? EXIT.done : EXIT.failed);
  });
  // What is said there is said at the end of a command, which has a code to end with.
  terminal.errors.on('error', () => {});
  try {
    await createProgram(context).parseAsync(withIdsLast(args), { from: 'user' });
    return code;
  } catch (error) {
    // Help and the version are no failures; what else the parser throws it has said already.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    reportFailure(error, terminal.errors);
    return EXIT.failed;
  }
}

function createProgram(context: Context): Command {
  const { output, errors } = context;
  const program = new Command('trunkline')
    .description('One assistant on every channel its users are on.')
    .version(ownVersion(), '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .showHelpAfterError('Say "trunkline --help" to see what there is.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.write(text),
      writeErr: (text) => errors.write(text),
      getOutHasColors: () => hasColors(output),
      getErrHasColors: () => hasColors(errors),
      outputError: (text, write) =>
        write(text.replace(/^error:/, () => paint(errors, 'red', 'error:'))),
    })
    .configureHelp({ styleTitle: (title) => paint(output, 'bold', title) })
    .addHelpText('after', EXIT_CODES);
  addRun(program, context);
  addShell(program, context);
  addSend(program, context);
  addDeadLetters(program, context);
  return program;
}

const EXIT_CODES = `
trunkline run --help says more of a command, and so on.
Exit codes: 0 done, 1 failed, 2 the command line was not understood.
The commands read .env in the current folder.`;

const hasColors = (screen: Screen): boolean => screen.hasColors?.() === true;

function ownVersion(): string {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
