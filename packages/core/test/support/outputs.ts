import { OutputChannel, type Button, type Extra } from '@trunkline/core';

/** A channel that shows nothing but text. */
export class TextOutput extends OutputChannel {
  readonly name: string = 'text';
  readonly texts: string[] = [];
  readonly extras: (Extra | undefined)[] = [];
  readonly recipients: string[] = [];

  async sendTextMessage(recipientId: string, text: string, extra?: Extra): Promise<void> {
    this.recipients.push(recipientId);
    this.texts.push(text);
    this.extras.push(extra);
  }
}

/** A channel that streams, and writes down every call. */
export class StreamingOutput extends OutputChannel {
  readonly name = 'streaming';
  readonly calls: string[] = [];
  /** Thrown by the call that begins with this. */
  failing: { call: string; error: unknown } | null = null;

  async sendTextMessage(_recipientId: string, text: string): Promise<void> {
    this.#note(`text ${text}`);
  }

  override async sendResponseChunkStart(_recipientId: string): Promise<void> {
    this.#note('start');
  }

  override async sendResponseChunk(_recipientId: string, chunk: string): Promise<void> {
    this.#note(`chunk ${chunk}`);
  }

  override async sendResponseChunkEnd(_recipientId: string): Promise<void> {
    this.#note('end');
  }

  #note(call: string): void {
    this.calls.push(call);
    if (this.failing !== null && call.startsWith(this.failing.call)) throw this.failing.error;
  }
}

/** Writes down which method was called with what. */
export class SpyOutput extends TextOutput {
  override readonly name: string = 'spy';
  readonly calls: unknown[][] = [];

  override async sendTextMessage(...args: [string, string, Extra?]): Promise<void> {
    this.calls.push(['text', ...args]);
  }
  override async sendImageUrl(...args: [string, string, Extra?]): Promise<void> {
    this.calls.push(['image', ...args]);
  }
  override async sendAttachment(...args: unknown[]): Promise<void> {
    this.calls.push(['attachment', ...args]);
  }
  override async sendTextWithButtons(...args: [string, string, Button[], Extra?]): Promise<void> {
    this.calls.push(['buttons', ...args]);
  }
  override async sendQuickReplies(...args: unknown[]): Promise<void> {
    this.calls.push(['quickReplies', ...args]);
  }
  override async sendElements(...args: unknown[]): Promise<void> {
    this.calls.push(['elements', ...args]);
  }
  override async sendCustomJson(...args: unknown[]): Promise<void> {
    this.calls.push(['custom', ...args]);
  }
}
