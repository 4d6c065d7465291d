import { ConfigurationError } from '../errors.ts';
import { isJsonObject } from '../message/json.ts';
import { wholeNumbers } from './limits.ts';

/**
 * What happens to a message that arrives while another one of its conversation is handled.
 *
 * - `queue`: it waits, first in, first out.
 * - `latest`: it ends what runs, on whatever machine, and takes the place of what waits.
 * - `debounce`: messages that follow one another quickly become one, the originals attached.
 * - `parallel`: it is handled beside the others.
 */
export type Overlap = 'queue' | 'latest' | 'debounce' | 'parallel';

/** Overlap, channel by channel. */
export interface OverlapOptions {
  /** For all channels that are not named. @defaultValue `queue` */
  mode?: Overlap;
  /** For single channels, by name. */
  channels?: Readonly<Record<string, Overlap>>;
  /** How long a conversation has to be quiet, in milliseconds, in the mode `debounce`. @defaultValue 1,000 */
  debounceMs?: number;
}

/** {@link OverlapOptions}, checked. */
export interface ResolvedOverlap {
  debounceMs: number;
  /** A channel's mode. */
  modeOf(channel: string): Overlap;
}

const MODES: readonly unknown[] = ['queue', 'latest', 'debounce', 'parallel'] satisfies Overlap[];

/** The options with their defaults, checked. @throws ConfigurationError */
export function resolveOverlap(options: Overlap | OverlapOptions = {}): ResolvedOverlap {
  const given = typeof options === 'object' ? options : { mode: options };
  const { mode = 'queue', channels = {}, ...numbers } = given;
  const { debounceMs } = wholeNumbers('overlap', { debounceMs: 1_000 }, numbers);
  if (!isJsonObject(channels)) {
    throw new ConfigurationError('overlap.channels must be an object: { sms: "debounce" } say');
  }
  for (const candidate of [mode, ...Object.values(channels)]) {
    if (!MODES.includes(candidate)) {
      throw new ConfigurationError(`overlap is one of ${MODES.join(', ')}, and not ${candidate}`);
    }
  }
  const byChannel = new Map(Object.entries(channels));
  return { debounceMs, modeOf: (channel) => byChannel.get(channel) ?? mode };
}
