import { ConfigurationError } from '../errors.ts';
import type { BotMessage } from '../message/bot-message.ts';
import type { JsonObject } from '../message/json.ts';
import { didYouMean } from '../names.ts';
import { checkResponses } from './check.ts';
import { interpolate } from './interpolate.ts';
import { readResponses } from './read-responses.ts';
import { eligible } from './select.ts';
import { seededRandom } from './seeded-random.ts';
import { toBotMessage } from './to-bot-message.ts';
import type { CheckedVariation, ResponseVariation, Slots } from './variation.ts';

/** Options of {@link Responses}. */
export interface ResponsesOptions {
  /** The same seed picks the same variations in the same order. @defaultValue none, by chance */
  seed?: number;
}

/** For whom a response is made. */
export interface ResponseContext {
  /** The names of the channel that it goes out on: the first that has a variation counts. */
  channels: readonly string[];
  /** What its conditions and variables are looked up in. */
  slots?: Slots;
}

/**
 * Response templates, as in a Rasa domain: a name, and ways to say it by channel, by condition, and by
 * chance.
 *
 * ```ts
 * import { Responses } from '@trunkline/core';
 *
 * const responses = new Responses({
 *   utter_greet: [{ text: 'Hello {name}!' }, { text: 'Hi *{name}*', channel: 'slack' }],
 * });
 * ```
 */
export class Responses {
  #variations: ReadonlyMap<string, readonly CheckedVariation[]>;
  readonly #random: () => number;

  /** @throws ConfigurationError - a response is malformed. */
  constructor(
    responses: Readonly<Record<string, readonly ResponseVariation[]>>,
    { seed }: ResponsesOptions = {},
  ) {
    const at = (path: readonly (string | number)[]): string =>
      path
        .map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`))
        .join('')
        .slice(1);
    // Checked next; the type is for those who write it in TypeScript.
    this.#variations = checkResponses({ responses: responses as unknown as JsonObject, at });
    this.#random = seed === undefined ? Math.random : seededRandom(seed);
  }

  /**
   * Reads the `responses:` of a Rasa domain: a YAML file, or all of a folder.
   *
   * @throws ConfigurationError - a file is malformed; with file and line.
   */
  static async load(path: string, options?: ResponsesOptions): Promise<Responses> {
    const loaded = new Responses({}, options);
    loaded.#variations = await readResponses(path);
    return loaded;
  }

  /** The responses that there are. */
  get names(): string[] {
    return [...this.#variations.keys()];
  }

  /**
   * Makes a response: picks a variation and fills it in. `reply.utter` calls this.
   *
   * @throws ConfigurationError - there is no such response, none of its variations is for this channel
   *   and these slots, or a variable has no value. Nothing half-filled is ever made.
   */
  generate(name: string, { channels, slots = {} }: ResponseContext): BotMessage {
    const variations = this.#variations.get(name);
    if (variations === undefined) {
      const hint = didYouMean(name, this.names);
      throw new ConfigurationError(`there is no response "${name}"${hint}`);
    }
    const picks = eligible(variations, channels, slots);
    const variation = picks[Math.floor(this.#random() * picks.length)];
    if (variation === undefined) {
      const place = variations[0]?.place;
      throw new ConfigurationError(
        `${place}: ${name} has no variation for the channel ${channels[0]} and these slots: ` +
          'add one without channel and condition',
      );
    }
    const missing = new Set<string>();
    const parts = interpolate(variation.parts, slots, missing);
    if (missing.size > 0) {
      const names = [...missing].join(', ');
      throw new ConfigurationError(`${variation.place}: ${name} needs a value for ${names}`);
    }
    const extra = structuredClone(variation.extra);
    return { ...extra, ...toBotMessage(parts), utter_action: name };
  }
}
