import type { OutputChannel, TrackerState } from '../channel/output-channel.ts';
import { ConfigurationError } from '../errors.ts';
import type { BotMessage } from '../message/bot-message.ts';
import { isJsonObject } from '../message/json.ts';
import type { Responses } from './responses.ts';
import type { Slots } from './variation.ts';

/** Where a response is said. */
export interface UtteranceContext {
  /** The name of the channel. */
  channel: string;
  output: OutputChannel;
  trackerState: TrackerState | null;
  /** What is given for this one response. */
  slots: Slots;
}

/** A response by its name, as it is said on a channel. @throws ConfigurationError */
export function utterance(
  responses: Responses | null,
  name: string,
  { channel, output, trackerState, slots }: UtteranceContext,
): BotMessage {
  if (responses === null) {
    throw new ConfigurationError(
      `there are no responses to say "${name}" from: new Trunkline({ responses: await Responses.load('domain.yml') }) say`,
    );
  }
  const known = trackerState?.['slots'] ?? null;
  return responses.generate(name, {
    // A channel in Rasa's form collects with an output channel that knows no name but its own.
    channels: [...new Set([channel, output.name, ...output.responseAliases])],
    slots: isJsonObject(known) ? { ...known, ...slots } : slots,
  });
}
