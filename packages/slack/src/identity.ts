import { DeliveryError } from '@trunkline/core';
import type { Clients } from './clients.ts';
import type { ResolvedSlackOptions } from './credentials.ts';
import { isCredentialsError } from './errors.ts';
import { textAt } from './parse/fields.ts';
import { wrongToken } from './token.ts';

/** How long until Slack is asked again, if it could not be, in milliseconds. */
const AGAIN_MS = 30_000;

/**
 * Who the token belongs to. Asked for in the background, once: that Slack is down stops no server. Where
 * tokens are found by a function, each event says who the bot is.
 */
export class Identity {
  readonly #options: ResolvedSlackOptions;
  readonly #clients: Clients;
  #userId: string | null = null;
  #teamId: string | null = null;
  #failure: Error | null = null;
  #isStopped = false;
  #callOff: () => void = () => {};
  #asked: Promise<void> = Promise.resolve();

  constructor(options: ResolvedSlackOptions, clients: Clients) {
    this.#options = options;
    this.#clients = clients;
  }

  /** The bot's user id; `null` while it is not known. */
  get userId(): string | null {
    return this.#userId;
  }

  /** The workspace; `null` while it is not known. */
  get teamId(): string | null {
    return this.#teamId;
  }

  /** Begins to ask. */
  start(): void {
    if (typeof this.#options.token === 'string') this.#asked = this.#ask();
  }

  /** Resolves when Slack has answered, once. @throws What is wrong with the token. */
  async known(): Promise<void> {
    await this.#asked;
    if (this.#failure !== null) throw this.#failure;
  }

  /** Asks no more. */
  stop(): void {
    this.#isStopped = true;
    this.#callOff();
  }

  async #ask(): Promise<void> {
    const { name, logger, clock } = this.#options;
    try {
      const answer = await this.#clients.call({ team: '' }, 'auth.test', {});
      this.#userId = textAt(answer, 'user_id');
      this.#teamId = textAt(answer, 'team_id');
      this.#failure = null;
    } catch (error) {
      if (error instanceof DeliveryError && isCredentialsError(error)) {
        this.#failure = wrongToken(name, error.platformCode ?? '');
        logger?.error({ channel: name, err: this.#failure }, this.#failure.message);
        return;
      }
      // The connections are gone by then, and what was asked has failed for that.
      if (this.#isStopped) return;
      logger?.warn({ channel: name, err: error }, 'Slack could not be asked whose the token is');
      this.#callOff = clock.after(AGAIN_MS, () => void (this.#asked = this.#ask()));
    }
  }
}
