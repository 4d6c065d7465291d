import type { OutputChannel } from '../channel/output-channel.ts';
import { allThere, whenThere, type MaybePromise } from '../maybe-promise.ts';
import { Conversation } from './conversation.ts';
import type { DeferredContext } from './deferred-context.ts';
import type { Resolved } from './menus.ts';
import { messageOf, stampOf } from './read-turn.ts';
import type { Session } from './sessions.ts';
import { hasSession, sessionMetadata } from './speaker.ts';
import { joinMessages } from './stored-message.ts';
import type { TurnRecord } from './turn-record.ts';

/** What one run of a deferred turn goes by. */
export interface Run extends Resolved {
  output: OutputChannel;
  conversation: Conversation;
}

/** Gets together what a run needs, and stores that it has begun. */
export function beginRun(context: DeferredContext, record: TurnRecord): MaybePromise<Run> {
  const { store, menus, sessions, addresses, assistant, outputFor } = context;
  const { turn, turns, progress } = record;
  const { channel, key, message: written } = turn.stored;
  progress.pending = [];
  const message = joinMessages(turns.map((one) => messageOf(one, progress.runs)));
  // Where the channel is gone nobody can apologise: that is no run.
  const output = outputFor(channel, written.address ?? {});
  const isSeen = !message.anonymous && progress.proactive === undefined;
  const isInSession = hasSession(assistant(), { message, output });
  // All at once: a store that is elsewhere answers them together.
  const look = (): MaybePromise<[Conversation, Resolved, Session | null, void]> =>
    allThere<[Conversation, Resolved, Session | null, void]>([
      () => (message.anonymous ? Conversation.none() : Conversation.load(store, key)),
      () => menus.resolve(output, message, stampOf(turn), key),
      () => (isInSession ? sessions.find(key) : null),
      () => (isSeen ? addresses.note(channel, key, message) : undefined),
    ]);
  const begin = ([conversation, { message: meant, again }, session]: Awaited<
    ReturnType<typeof look>
  >): MaybePromise<Run> => {
    const run = { message: meant, again, output, conversation };
    // A session begins with what the assistant hears of.
    const isHeard = isInSession && again === null;
    // Every run of the turn says the same, so that its steps are the same.
    if (isHeard) progress.startsSession ??= session === null;
    const noted = whenThere(record.begin(), () => {
      if (!isHeard) return;
      const metadata = sessionMetadata({ message, proactive: progress.proactive });
      return sessions.note(key, session, metadata);
    });
    return whenThere(noted, () => run);
  };
  return record.ask(() => whenThere(look(), begin));
}
