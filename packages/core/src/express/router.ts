import { Router } from 'express';
import type { Trunkline } from '../line/trunkline.ts';

/**
 * The line as a Router inside your Express application: `app.use(router(line))`. Mount it ahead of
 * `express.json()` and other body parsers. Convenient, at Express's price: `line.handler(app)` asks
 * Express only for what is not ours, and is about three times as fast.
 *
 * Channels with sockets need `line.attach(server)` as well.
 */
export function router(line: Trunkline): Router {
  return Router().use(line.middleware());
}
