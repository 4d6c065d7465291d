import type { Client } from './client.ts';
import type { ServerFrame, StreamChunkFrame, StreamEndFrame } from '@trunkline/websocket/protocol';

/** A message as a reader sees it. */
export interface Seen {
  id: string;
  text: string;
  isOpen: boolean;
  isInterrupted: boolean;
}

/**
 * What a client makes of the frames, over as many connections as it takes: the least that the protocol
 * asks for. It finds out where the server breaks its word.
 */
export class Reader {
  /** The last number that it has. */
  seq = 0;
  readonly messages: Map<string, Seen> = new Map();
  readonly mistakes: string[] = [];
  missing = 0;

  /** Takes what a client gets from now on. */
  follow({ socket }: Client): void {
    // What the server sends; its mistakes are the reader's to find.
    socket.on('message', (data) => this.take(JSON.parse((data as Buffer).toString())));
  }

  /** Takes one frame. */
  take(frame: ServerFrame): void {
    if ('seq' in frame && frame.type !== 'session' && frame.type !== 'ack') {
      if (frame.seq <= this.seq) this.mistakes.push(`${frame.type} ${frame.seq} after ${this.seq}`);
      this.seq = frame.seq;
    }
    if (frame.type === 'text' || frame.type === 'user') this.#add(frame.id, frame.text, false);
    else if (frame.type === 'stream_start') this.#add(frame.id, '', true);
    else if (frame.type === 'stream_chunk') this.#grow(frame);
    else if (frame.type === 'stream_end') this.#end(frame);
    else if (frame.type === 'ack') this.seq = Math.max(this.seq, frame.seq ?? 0);
    else if (frame.type === 'gap') this.missing += frame.missing ?? 0;
  }

  get texts(): string[] {
    return [...this.messages.values()].map(({ text }) => text);
  }

  #grow({ id, offset, chunk }: StreamChunkFrame): void {
    const seen = this.messages.get(id);
    if (seen?.isOpen !== true || offset > seen.text.length) {
      this.mistakes.push(`a piece at ${offset} of ${seen?.text.length ?? 'nothing'}`);
    } else seen.text = seen.text.slice(0, offset) + chunk;
  }

  #end({ id, text, interrupted }: StreamEndFrame): void {
    const seen = this.messages.get(id);
    if (seen === undefined) this.mistakes.push('an end without a start');
    else if (interrupted !== true && !text.startsWith(seen.text)) {
      this.mistakes.push(`the end of ${seen.text.length} has another text`);
    }
    this.messages.set(id, { id, text, isOpen: false, isInterrupted: interrupted === true });
  }

  #add(id: string, text: string, isOpen: boolean): void {
    if (this.messages.has(id)) this.mistakes.push(`${id} came twice`);
    this.messages.set(id, { id, text, isOpen, isInterrupted: false });
  }
}
