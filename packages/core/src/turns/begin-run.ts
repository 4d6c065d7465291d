import type { OutputChannel } from '../channel/output-channel.ts';
import type { BotMessage } from '../message/bot-message.ts';
import type { UserMessage } from '../message/user-message.ts';
import { Conversation } from './conversation.ts';
import type { DeferredContext } from './deferred-context.ts';
import { messageOf, stampOf } from './read-turn.ts';
import { hasSession, sessionMetadata } from './speaker.ts';
import { joinMessages } from './stored-message.ts';
import type { TurnRecord } from './turn-record.ts';

/** What one run of a deferred turn goes by. */
export interface Run {
  message: UserMessage;
  output: OutputChannel;
  conversation: Conversation;
  /** The menu, where it is shown once more instead of asking the assistant. */
  again: BotMessage | null;
}

/** Gets together what a run needs, and stores that it has begun. */
export async function beginRun(context: DeferredContext, record: TurnRecord): Promise<Run> {
  const { store, menus, sessions, addresses, assistant, outputFor } = context;
  const { turn, turns, progress } = record;
  const { channel, key, message: written } = turn.stored;
  progress.pending = [];
  const message = joinMessages(turns.map((one) => messageOf(one, progress.runs)));
  // Where the channel is gone nobody can apologise: that is no run.
  const output = outputFor(channel, written.address ?? {});
  const isSeen = !message.anonymous && progress.proactive === undefined;
  const isInSession = hasSession(assistant(), { message, output });
  return await record.ask(async () => {
    const [conversation, resolved, session] = await Promise.all([
      message.anonymous ? Conversation.none() : Conversation.load(store, key),
      menus.resolve(output, message, stampOf(turn), key),
      isInSession ? sessions.find(key) : null,
      isSeen ? addresses.note(channel, key, message) : null,
    ]);
    // A session begins with what the assistant hears of.
    const isHeard = isInSession && resolved.again === null;
    // Every run of the turn says the same, so that its steps are the same.
    if (isHeard) progress.startsSession ??= session === null;
    await record.save();
    if (isHeard) {
      const metadata = sessionMetadata({ message, proactive: progress.proactive });
      await sessions.note(key, session, metadata);
    }
    return { ...resolved, output, conversation };
  });
}
