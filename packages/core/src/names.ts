import { closestMatch } from 'leven';
import { ConfigurationError } from './errors.ts';

/** `, did you mean "<the nearest name>"?`, or nothing where none is near. */
export function didYouMean(name: string, names: readonly string[]): string {
  // A third of the letters may be wrong.
  const nearest = closestMatch(name, names, { maxDistance: Math.ceil(name.length / 3) });
  return nearest === undefined ? '' : `, did you mean "${nearest}"?`;
}

/** Where options are checked. */
export interface OptionsPlace {
  /** The channel whose options they are. */
  channel?: string;
  /** The option that holds them, `auth` say. @defaultValue none, these are all options */
  within?: string;
}

/**
 * Checks that every key is an option that there is: a misspelt one would be as good as none.
 *
 * @throws ConfigurationError - one is not; it names the nearest one that is.
 */
export function assertKnownOptions(
  options: object,
  names: readonly string[],
  { channel, within }: OptionsPlace = {},
): void {
  const unknown = Object.keys(options).find((key) => !names.includes(key));
  if (unknown === undefined) return;
  const option = within === undefined ? unknown : `${within}.${unknown}`;
  const hint = didYouMean(unknown, names) || `: there are ${names.join(', ')}`;
  throw new ConfigurationError(`unknown option "${option}"${hint}`, {
    ...(channel === undefined ? {} : { channel }),
    option,
  });
}
