import type { CloseCodes } from './protocol.ts';

/** @see https://www.iana.org/assignments/websocket */
export const CLOSE: CloseCodes = {
  restart: 1012,
  slow: 1013,
  binary: 1003,
  tooLarge: 1009,
  failed: 1011,
  unauthenticated: 4401,
  idle: 4408,
  tooMany: 4429,
};
