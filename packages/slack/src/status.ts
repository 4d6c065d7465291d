import type { DeliveryError } from '@trunkline/core';
import type { SlackAddress } from './address.ts';
import type { Services } from './services.ts';

/** Errors that say that the workspace has no status, or not for us. */
const LACKING = new Set([
  'unknown_method',
  'missing_scope',
  'feature_disabled',
  'not_allowed_token_type',
]);

/** Slack takes the status away after two minutes. It is shown again before, in milliseconds. */
const RENEW_MS = 100_000;

/**
 * The line "… is typing" of a thread, while a turn runs. Slack takes it away at the app's next message.
 * Each request waits for the one before it, so that the last word is ours.
 *
 * @see Slack: assistant.threads.setStatus
 */
export class Status {
  readonly #services: Services;
  readonly #address: SlackAddress;
  #isShown = false;
  #isInTurn = false;
  #cancelRenewal: (() => void) | null = null;
  #last: Promise<void> | null = null;

  constructor(services: Services, address: SlackAddress) {
    this.#services = services;
    this.#address = address;
  }

  /** A turn begins: shows it until {@link Status.end}, however long that takes. */
  begin(): void {
    this.#isInTurn = true;
    this.show();
  }

  /** Shows it. */
  show(): void {
    const { status } = this.#services.options;
    if (status !== false && this.#canBeShown) this.#then(() => this.#set(status));
  }

  /** A message was posted: the status of its thread is gone, if it was there when the message came. */
  gone(channel: string, thread: string | null): void {
    if (channel !== this.#address.channel || thread !== this.#address.thread) return;
    this.#isShown = false;
    this.#cancelRenewal?.();
  }

  /** The turn is over: takes it away, if it is there or on its way. */
  end(): void {
    this.#isInTurn = false;
    this.#cancelRenewal?.();
    if (!this.#canBeShown) return;
    this.#then(async () => {
      if (this.#isShown) await this.#set('');
    });
  }

  get #canBeShown(): boolean {
    return this.#address.thread !== null;
  }

  #then(next: () => Promise<void>): void {
    const before = this.#last;
    this.#last = (async () => {
      await before;
      await next();
    })();
    this.#services.background.add(this.#last);
  }

  async #set(status: string): Promise<void> {
    const { clients, abilities, options } = this.#services;
    const { channel, thread, team } = this.#address;
    if (thread === null || abilities.lacks(team, 'status')) return;
    // A request whose outcome is not known may have shown it.
    this.#isShown = status !== '';
    try {
      const args = { channel_id: channel, thread_ts: thread, status };
      await clients.call(this.#address, 'assistant.threads.setStatus', args);
      // A message that was faster has taken nothing away.
      this.#isShown = status !== '';
    } catch (error) {
      const { platformCode, mayHaveArrived } = error as DeliveryError;
      if (!mayHaveArrived) this.#isShown = false;
      if (LACKING.has(platformCode ?? '')) abilities.note(team, 'status');
      options.logger?.debug({ channel: options.name, err: error }, 'the status could not be set');
    }
    this.#renew();
  }

  #renew(): void {
    this.#cancelRenewal?.();
    if (!this.#isShown || !this.#isInTurn) return;
    this.#cancelRenewal = this.#services.options.clock.after(RENEW_MS, () => this.show());
  }
}
