import { callGuarded } from './guard.ts';

/** One line of a log: fields first, then what happened, as pino has it. */
export type LogMethod = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/** Where log lines go. A pino logger fits as it is. */
export interface Logger {
  /** What helps to find a fault. */
  debug: LogMethod;
  /** What happens in the ordinary way. */
  info: LogMethod;
  /** What somebody did wrong, and what was put up with. */
  warn: LogMethod;
  /** What failed on our side. */
  error: LogMethod;
}

/** Says nothing: the default. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * The same logger, except that one that throws breaks nothing. Whoever takes a logger as an option MUST
 * put it through this: lines are written where a failure is dealt with, and a second one there may end
 * the process.
 */
export function guardLogger(logger: Logger): Logger {
  // There is no one left to tell.
  const ignore = (): void => {};
  const guard =
    (level: keyof Logger): LogMethod =>
    (fields, message) =>
      callGuarded(() => logger[level](fields, message), ignore);
  return { debug: guard('debug'), info: guard('info'), warn: guard('warn'), error: guard('error') };
}
