import type { Logger } from '@trunkline/core';
import { pino } from 'pino';
import pretty from 'pino-pretty';

/** Lines for people in a terminal, JSON for programs anywhere else. */
export function createLogger(level: string): Logger {
  return process.stdout.isTTY
    ? pino({ level }, pretty({ ignore: 'pid,hostname', sync: true }))
    : pino({ level });
}
