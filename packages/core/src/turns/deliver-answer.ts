import { responseTexts } from '../channel/fallbacks.ts';
import { isOptedOut, toError } from '../errors.ts';
import { responseFor, type BotMessage } from '../message/bot-message.ts';
import type { ConversationChanges } from './conversation.ts';
import type { HeldTurn, TurnEnd } from './held-turn.ts';
import { redeliver } from './redelivery.ts';

/**
 * Tries once to deliver what the user has not got. Resolves to `null` where the turn goes on.
 *
 * @param sent - The response that somebody has sent, if the turn is one.
 */
export async function deliverAnswer(
  held: HeldTurn,
  sent: BotMessage | null,
): Promise<TurnEnd | null> {
  const { context, channel, progress, record, abort } = held;
  await held.takeSlot();
  held.tries.begin();
  await record.save();
  const journal = held.journal(progress.pendingFrom);
  const redelivery = { turn: held.turn, turnId: record.turnId, progress, journal, abort };
  try {
    await context.schedule.running.run(held.place, abort, async () => {
      await redeliver(context, redelivery);
      await journal.closeRest();
    });
    return await held.finish('answered', saidByUs(held, sent));
  } catch (error) {
    if (held.isEnd(error)) throw error;
    const mayRetry = journal.isParked || abort.isReason(error);
    context.telemetry.error(error, { channel, stage: 'send' }, abort);
    await held.rest();
    if (isOptedOut(error)) return await held.finish('failed');
    if (!mayRetry) return await held.bury(toError(error).message);
    if (!held.tries.schedule(journal.parked?.retryAfterMs ?? null)) {
      const { attempts } = context.policy;
      return await held.bury(`${toError(error).message} (tried ${attempts} times)`);
    }
    await record.save();
    return null;
  }
}

/** What a conversation keeps of a response that somebody has sent: of others it has it already. */
function saidByUs({ context, channel }: HeldTurn, sent: BotMessage | null): ConversationChanges {
  if (sent === null) return {};
  const { history, clock } = context;
  const text = responseTexts(responseFor(channel, sent)).join('\n');
  return { append: history.additions([{ role: 'assistant', text, at: clock.now() }]) };
}
