import { InputChannel, OutputChannel, type Route, type Turns } from '@trunkline/core';

/** A channel whose messages are deferred, and what was answered on it. */
export class PostInput extends InputChannel {
  readonly name = 'post';
  readonly said: string[] = [];
  turns: Turns | null = null;
  #tell = (): void => {};

  override routes(turns: Turns): Route[] {
    this.turns = turns;
    return [];
  }

  override getOutputChannel(): OutputChannel {
    return new PostOutput((text) => {
      this.said.push(text);
      this.#tell();
    });
  }

  /** Resolves when something more was said. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => (this.#tell = resolve));
  }
}

class PostOutput extends OutputChannel {
  readonly name = 'post';
  readonly #say: (text: string) => void;

  constructor(say: (text: string) => void) {
    super();
    this.#say = say;
  }

  async sendTextMessage(_recipientId: string, text: string): Promise<void> {
    this.#say(text);
  }
}
