import { randomBytes } from 'node:crypto';
import type { Clock } from '@trunkline/core';
import type { Damage } from './damage.ts';
import type { Keys } from './keys.ts';
import type { Link } from './link.ts';
import type { Timing } from './options.ts';

/** A store's part in what the processes share: what all of its rooms need. */
export interface Process {
  /** What this process is called, unlike every other. No colon, no space. */
  readonly id: string;
  /** The connection for commands. */
  readonly link: Link;
  /** What everything is called. */
  readonly keys: Keys;
  /** How long things take. */
  readonly timing: Timing;
  /** Time, for timers of this process. What processes share goes by Redis's own. */
  readonly clock: Clock;
  /** Where what is damaged is told of. */
  readonly damage: Damage;
  /** A number that it has not given before. */
  readonly next: () => number;
  /** A text that no process has given before. */
  readonly unique: () => string;
}

/** A process with a name of its own. */
export function newProcess(
  parts: Pick<Process, 'link' | 'keys' | 'timing' | 'clock' | 'damage'>,
): Process {
  const id = randomBytes(9).toString('base64url');
  let count = 0;
  const next = (): number => ++count;
  return { ...parts, id, next, unique: () => `${id}.${next().toString(36)}` };
}
