import { bindDelivery } from '../channel/delivery.ts';
import type { InterruptedStream } from '../channel/output-channel.ts';
import { within } from '../clock.ts';
import { isPromise, type MaybePromise } from '../maybe-promise.ts';
import { AsideDelivery, CLOSE_MS, closeIsLate } from './aside-delivery.ts';
import type { HeldTurn } from './held-turn.ts';
import type { Journal } from './journal.ts';
import { OpenStreams } from './open-streams.ts';
import { senderOf } from './read-turn.ts';
import { closingOn } from './turn-delivery.ts';

/**
 * Closes what a turn that ends without an answer has left open on the platform, since nobody comes back to
 * it. Tried once: it must not hold back for long what takes the turn's place. Never rejects.
 */
export async function closeLeft(held: HeldTurn): Promise<void> {
  if (OpenStreams.of(held.progress.steps) === null) return;
  const { context, channel, abort } = held;
  try {
    const closing = held.journal(0, { ...context.policy, retryMs: 0 }).closeRest();
    // Without a deadline, which would end the turn: what is ended waits for no store.
    if (isPromise(closing)) await abort.race(closing);
  } catch (error) {
    context.telemetry.error(error, { channel, stage: 'send' }, abort);
  }
}

/**
 * Closes what is open when the assistant is done: its deadline does not count any more. Where the platform
 * is away, the turn waits for it with that.
 */
export function closeAfterRun(held: HeldTurn, journal: Journal): MaybePromise<void> {
  const closing = journal.closeRest();
  if (!isPromise(closing)) return;
  return held.abort.race(closing).catch((error: unknown) => {
    if (held.abort.isReason(error) || !journal.isParked) throw error;
  });
}

/** Closes a stream of a turn beside what it says: on an output channel of its own. */
export async function closeBeside(
  { context, channel, record }: HeldTurn,
  stream: InterruptedStream,
): Promise<void> {
  const { stored } = record.turn;
  const output = context.outputFor(channel, stored.message.address ?? {});
  // No journal knows of it: what a call that was given up does late is no step of the turn.
  bindDelivery(output, new AsideDelivery(record.turnId));
  const closing = closingOn(output, senderOf({ stored }))(stream);
  await within(context.clock, CLOSE_MS, closing, closeIsLate);
}
