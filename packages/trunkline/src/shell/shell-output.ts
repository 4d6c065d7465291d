import { OutputChannel, type JsonValue } from '@trunkline/core';
import { harmless, paint, type Screen } from '../terminal.ts';

/** Writes what the assistant says to a terminal. */
export class ShellOutput extends OutputChannel {
  readonly name = 'cmdline';
  override readonly numbersChoices = true;

  readonly #screen: Screen;

  constructor(screen: Screen) {
    super();
    this.#screen = screen;
  }

  async sendTextMessage(_recipientId: string, text: string): Promise<void> {
    this.#write(`${text}\n`);
  }

  /** For people: with line breaks. */
  override async sendCustomJson(_recipientId: string, json: JsonValue): Promise<void> {
    this.#write(`${JSON.stringify(json, null, 2)}\n`);
  }

  override async sendResponseChunk(_recipientId: string, chunk: string): Promise<void> {
    this.#write(chunk);
  }

  override async sendResponseChunkEnd(): Promise<void> {
    this.#write('\n');
  }

  #write(text: string): void {
    this.#screen.write(paint(this.#screen, 'cyan', harmless(text)));
  }
}
