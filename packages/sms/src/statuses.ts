import type { KeyedValues, Logger } from '@trunkline/core';
import { accountOf, type Destination } from './address.ts';
import { meaningOf } from './errors.ts';
import { isFurther, type SmsStatus } from './status.ts';

/** What {@link Statuses} work with. */
export interface StatusesOptions {
  channel: string;
  values: KeyedValues;
  /** Told what is news. */
  onStatus: ((status: SmsStatus) => void | Promise<void>) | null;
  logger: Logger | null;
}

const NAMESPACE = 'status';
/** How long it is known how far a message has come, in milliseconds: callbacks end long before. */
const TTL_MS = 7 * 24 * 60 * 60 * 1000;

/** How far each message has come, as far as somebody wants to know. */
export class Statuses {
  readonly #options: StatusesOptions;

  constructor(options: StatusesOptions) {
    this.#options = options;
  }

  /** Whether somebody wants to know. */
  get areWanted(): boolean {
    return this.#options.onStatus !== null;
  }

  /** Twilio has taken a message, and reports no first status. Never rejects: the message is sent. */
  async sent(
    destination: Destination,
    { sid, status }: { sid: string; status: string },
  ): Promise<void> {
    const { logger, channel } = this.#options;
    if (!this.areWanted) return;
    try {
      await this.note(destination, { messageSid: sid, status, errorCode: null });
    } catch (error) {
      logger?.warn({ channel, messageSid: sid, err: error }, 'the first status was not noted');
    }
  }

  /** A message has come to a status. Resolves to whether that is news. */
  async note(
    destination: Destination,
    { messageSid, status, errorCode }: Pick<SmsStatus, 'messageSid' | 'status' | 'errorCode'>,
  ): Promise<boolean> {
    const { values, logger, channel } = this.#options;
    for (;;) {
      const known = await values.get(NAMESPACE, messageSid);
      const before = typeof known?.value === 'string' ? known.value : null;
      if (!isFurther(status, before)) return false;
      const version = known?.version ?? null;
      const options = { ttlMs: TTL_MS };
      if (await values.compareAndSet(NAMESPACE, messageSid, version, status, options)) break;
    }
    if (errorCode !== null) {
      const meaning = meaningOf(Number(errorCode));
      logger?.warn({ channel, messageSid, status, errorCode }, `a message failed: ${meaning}`);
    }
    const account = accountOf(destination);
    void this.#tell({ messageSid, status, errorCode, senderId: destination.to, account });
    return true;
  }

  /** Nobody waits for the hook, and what it throws is its own. */
  async #tell(status: SmsStatus): Promise<void> {
    const { onStatus, logger, channel } = this.#options;
    try {
      await onStatus?.(status);
    } catch (error) {
      logger?.error({ channel, err: error }, 'the hook onStatus threw');
    }
  }
}
