import { InputChannel, UserMessage, type Route, type Turns } from '@trunkline/core';
import type { Screen } from '../terminal.ts';
import { ShellOutput } from './shell-output.ts';

/** The user at the terminal: Rasa's `cmdline`. */
export class ShellInput extends InputChannel {
  readonly name = 'cmdline';

  readonly #screen: Screen;
  #turns: Turns | null = null;

  constructor(screen: Screen) {
    super();
    this.#screen = screen;
  }

  /** There is nothing to serve; this is where turns come from. */
  override routes(turns: Turns): Route[] {
    this.#turns = turns;
    return [];
  }

  /** Says something. Resolves when it was answered, rejects if it was not. */
  async say(text: string): Promise<void> {
    const outputChannel = new ShellOutput(this.#screen);
    await this.#turns?.run(new UserMessage({ text, senderId: SENDER, outputChannel }));
  }

  /** Ends the answer that is under way. */
  async cancel(): Promise<void> {
    await this.#turns?.cancel({ senderId: SENDER });
  }
}

const SENDER = 'user';
