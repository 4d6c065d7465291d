import type { ChannelEvent, Handle, Reply, TurnReport } from '@trunkline/core';
import { deferred } from '../../../../scripts/test-support/deferred.ts';
import { startScene, type Scene, type SceneOptions } from './scene.ts';

/** A line that writes down what its assistant is told, and what became of it. */
export interface Told extends Scene {
  events: ChannelEvent[];
  heard: (string | null)[];
  /** Whether the assistant could have answered each event. */
  replies: boolean[];
  failures: string[];
  /** How each turn has ended. */
  outcomes: TurnReport['outcome'][];
  /** Resolves when so many events and messages have come. */
  came(count: number): Promise<void>;
  /** Resolves when so many turns are over. */
  over(count: number): Promise<void>;
}

/** A line whose assistant writes down what it hears, and answers messages. */
export async function tell(options: SceneOptions = {}): Promise<Told> {
  const events: ChannelEvent[] = [];
  const heard: (string | null)[] = [];
  const replies: boolean[] = [];
  const failures: string[] = [];
  const outcomes: TurnReport['outcome'][] = [];
  let wake = deferred();
  const note = (): void => {
    wake.resolve();
    wake = deferred();
  };
  const handle: Handle = async (message, reply) => {
    heard.push(message.text);
    note();
    await reply.text(`You said ${message.text}`);
  };
  const onEvent = async (event: ChannelEvent, reply: Reply | null): Promise<void> => {
    if (event.type === 'session_started') return;
    events.push(event);
    replies.push(reply !== null);
    note();
  };
  const onError = (error: Error): void => void failures.push(error.message);
  const onTurn = ({ outcome }: TurnReport): void => {
    outcomes.push(outcome);
    note();
  };
  const scene = await startScene({ handle, onEvent }, { onError, onTurn, ...options });
  const came = async (count: number): Promise<void> => {
    while (events.length + heard.length < count) await wake.promise;
  };
  const over = async (count: number): Promise<void> => {
    while (outcomes.length < count) await wake.promise;
  };
  return { ...scene, events, heard, replies, failures, outcomes, came, over };
}

/** The types of events. */
export const types = (events: readonly ChannelEvent[]): string[] => events.map(({ type }) => type);
