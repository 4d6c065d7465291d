import { bindDelivery } from '../channel/delivery.ts';
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
  const { context, channel, place, abort } = held;
  try {
    const journal = held.journal(0, { ...context.policy, retryMs: 0 });
    await context.schedule.running.run(place, abort, () => close(held, journal));
  } catch (error) {
    context.telemetry.error(error, { channel, stage: 'send' }, abort);
  }
}

async function close({ context, channel, turn }: HeldTurn, journal: Journal): Promise<void> {
  const output = context.outputFor(channel, turn.stored.message.address ?? {});
  bindDelivery(output, journal);
  try {
    await journal.closeStreams(closingOn(output, senderOf(turn)), true);
  } finally {
    bindDelivery(output, null);
  }
}
