import type { Command } from 'commander';
import type { Context } from '../program.ts';
import { Project, type ProjectOptions } from '../project.ts';
import { loadEnvironment } from '../environment.ts';
import { EXIT } from '../failure.ts';
import { talk } from '../shell/talk.ts';
import { addProjectOptions } from './options.ts';

/** Adds `trunkline shell`. */
export function addShell(program: Command, context: Context): void {
  const command = program.command('shell').description('talk to the assistant in this terminal');
  addProjectOptions(command)
    .addHelpText('after', NOTES)
    .action(async (options: ProjectOptions) => {
      loadEnvironment();
      const project = new Project(options);
      const isFine = await talk(project, context);
      if (!isFine) context.endWith(EXIT.failed);
    });
}

const NOTES = `
Each line is a message. A number chooses the button that has it. Ctrl-C ends an
answer that is under way; /stop, or the end of the input, the conversation, of
which nothing is kept. If a message of piped input is not answered, the exit
code is 1.`;
