import type { ServerResponse } from 'node:http';

/**
 * When the client of a response went away without its whole answer. For a live turn that nobody
 * needs any more then: `turns.run(message, { whenGone: clientGone(res) })`.
 */
export function clientGone(res: ServerResponse): (callback: () => void) => void {
  return (callback) => {
    if (res.destroyed && !res.writableFinished) callback();
    res.once('close', () => {
      if (!res.writableFinished) callback();
    });
  };
}
