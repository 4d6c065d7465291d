import type { ServerResponse } from 'node:http';
import type { QueueOutputChannel } from '@trunkline/core';
import { renderFailure, renderOutput, type StreamFailure, type StreamFormat } from './render.ts';

/** Rasa declares its lines as an event stream, which they are not; clients rely on it. */
const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  // What compresses answers on their way gathers them: Express's `compression()`, and proxies.
  'cache-control': 'no-store, no-transform',
  // Proxies that gather answers would spoil it.
  'x-accel-buffering': 'no',
};

/**
 * Writes what is said to the response while the turn runs, at the client's pace. The answer begins
 * with the first output, so that a turn that never started can still be refused with a status.
 *
 * @returns Why the turn failed, if it did before anything was said; nothing has been answered then.
 */
export async function streamTurn(
  res: ServerResponse,
  format: StreamFormat,
  output: QueueOutputChannel,
  run: () => Promise<void>,
  describe: (error: unknown) => StreamFailure,
): Promise<{ error: unknown } | null> {
  let failure: { error: unknown } | null = null;
  const turn = run()
    .catch((error: unknown) => {
      failure = { error };
    })
    .finally(() => output.close());
  for await (const item of output) {
    if (res.destroyed) break;
    if (!res.headersSent) res.writeHead(200, STREAM_HEADERS);
    if (!res.write(renderOutput(format, item))) await drained(res);
  }
  await turn;
  // Set by the turn, which the compiler does not see.
  const failed = failure as { error: unknown } | null;
  if (failed !== null && !res.headersSent) return failed;
  if (!res.headersSent) res.writeHead(200, STREAM_HEADERS);
  if (failed !== null) res.write(renderFailure(format, describe(failed.error)));
  res.end();
  return null;
}

/** Answers a turn that failed before it said anything, in the form that its client reads. */
export function streamFailure(
  res: ServerResponse,
  format: StreamFormat,
  failure: StreamFailure,
): void {
  res.writeHead(200, { ...STREAM_HEADERS, 'x-trunkline-turn': 'failed' });
  res.end(renderFailure(format, failure));
}

/** Resolves when the client has read on, or is gone. */
function drained(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      res.off('drain', done);
      res.off('close', done);
      resolve();
    };
    res.on('drain', done);
    res.on('close', done);
    if (res.destroyed) done();
  });
}
