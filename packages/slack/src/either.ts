import { DeliveryError } from '@trunkline/core';
import type { Abilities, Ability } from './abilities.ts';
import { isBlocksError } from './errors.ts';
import type { Alternative, SlackMessage } from './render/message.ts';

/** How one of several messages is sent. */
export interface EitherOptions<T> {
  abilities: Abilities;
  /** The workspace. */
  team: string;
  send: (message: SlackMessage) => Promise<T>;
}

/**
 * Sends a message, or the first of what is said instead that Slack takes.
 *
 * @param lacking - What the workspace lacks if Slack takes this one.
 */
export async function sendEither<T>(
  message: SlackMessage,
  [next, ...others]: readonly Alternative[],
  options: EitherOptions<T>,
  lacking: Ability | null = null,
): Promise<T> {
  const { abilities, team, send } = options;
  if (next !== undefined && next.ability !== null && abilities.lacks(team, next.ability)) {
    return await sendEither(next.message, others, options);
  }
  try {
    const sent = await send(message);
    if (lacking !== null) abilities.note(team, lacking);
    return sent;
  } catch (error) {
    const isRefused = error instanceof DeliveryError && isBlocksError(error);
    if (next === undefined || !isRefused) throw error;
    return await sendEither(next.message, others, options, next.ability);
  }
}
