import { OutputChannel, type Extra } from '@trunkline/core';

/** A text that a {@link RecordingOutput} was given. */
export interface RecordedText {
  /** Whose conversation it went to. */
  recipientId: string;
  /** The text. */
  text: string;
  /** What else the response carried. */
  extra: Extra;
}

/**
 * A channel that knows nothing but text, and keeps what it is given: what every richer part of a
 * response becomes by default.
 *
 * ```ts
 * import { RecordingOutput } from '@trunkline/testing';
 *
 * const output = new RecordingOutput();
 * await output.sendResponse('me', { text: 'Sure?', buttons: [{ title: 'Yes', payload: '/yes' }] });
 * console.log(output.texts); // ['Sure?', '1: Yes (/yes)']
 * ```
 */
export class RecordingOutput extends OutputChannel {
  /** {@inheritDoc @trunkline/core#OutputChannel.name} */
  readonly name: string;

  /** What it was given, the first first. */
  readonly sent: RecordedText[] = [];

  /** @param name - The channel's name. @defaultValue `recording` */
  constructor(name = 'recording') {
    super();
    this.name = name;
  }

  /** The texts alone. */
  get texts(): string[] {
    return this.sent.map(({ text }) => text);
  }

  /** {@inheritDoc @trunkline/core#OutputChannel.sendTextMessage} */
  async sendTextMessage(recipientId: string, text: string, extra: Extra = {}): Promise<void> {
    this.sent.push({ recipientId, text, extra });
  }
}
