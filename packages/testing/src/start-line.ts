import type { AddressInfo } from 'node:net';
import { Trunkline, type TrunklineOptions } from '@trunkline/core';

/** A line that listens. */
export interface StartedLine {
  /** The line. */
  line: Trunkline;
  /** Where it listens, `http://127.0.0.1:49152` say: no slash at its end. */
  url: string;
  /** Ends the line and its server. */
  close(): Promise<void>;
}

/** How long a turn that still runs when a test is over may go on, in milliseconds. */
const GRACE_MS = 500;

/**
 * Starts a line on a free port of this machine.
 *
 * ```ts
 * import { RestInput } from '@trunkline/rest';
 * import { startLine } from '@trunkline/testing';
 *
 * const { url, close } = await startLine({
 *   channels: [new RestInput()],
 *   assistant: (message, reply) => void reply.text(`You said: ${message.text}`),
 * });
 * await fetch(`${url}/webhooks/rest/webhook`, { method: 'POST' });
 * await close();
 * ```
 */
export async function startLine(options: TrunklineOptions): Promise<StartedLine> {
  const line = new Trunkline(options);
  const server = await line.listen(0, '127.0.0.1');
  // A server that listens on a port has an address of this form.
  const { port } = server.address() as AddressInfo;
  return { line, url: `http://127.0.0.1:${port}`, close: () => line.close(GRACE_MS) };
}
