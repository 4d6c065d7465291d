import type { InterruptedStream } from '@trunkline/core';
import { PlatformOutput } from './platform.ts';

/** Shows a stream by one request a call. */
export class StreamOutput extends PlatformOutput {
  override async sendResponseChunkStart(to: string): Promise<void> {
    await this.post(to, 'start');
  }
  override async sendResponseChunk(to: string, chunk: string): Promise<void> {
    await this.post(to, `+${chunk}`);
  }
  override async sendResponseChunkEnd(to: string): Promise<void> {
    await this.post(to, 'end');
  }
  override async sendResponseChunkInterrupted(
    to: string,
    { receipts, text }: InterruptedStream,
  ): Promise<void> {
    await this.post(to, `cut ${JSON.stringify(receipts[0])} ${text}`);
  }
}
