import type { InputChannel } from '../channel/input-channel.ts';
import type { OutputChannel } from '../channel/output-channel.ts';
import { ConfigurationError } from '../errors.ts';
import type { Address } from '../message/user-message.ts';

/** The channels of a line by name, and how they are reached without a request at hand. */
export class ChannelDirectory {
  readonly #channels = new Map<string, InputChannel>();

  /** @throws ConfigurationError - two channels have the same name. */
  constructor(channels: readonly InputChannel[]) {
    for (const channel of channels) {
      const { name } = channel;
      if (this.#channels.has(name)) {
        throw new ConfigurationError(
          `two channels are called ${name}: give one of them another name`,
        );
      }
      this.#channels.set(name, channel);
    }
  }

  /** Whether a channel can be contacted without a request; `undefined` where there is none. */
  canContact(name: string): boolean | undefined {
    const channel = this.#channels.get(name);
    return channel && channel.getOutputChannel !== undefined;
  }

  /** What reaches an address. @throws ConfigurationError - the channel cannot, or is not there. */
  outputFor(name: string, address: Address): OutputChannel {
    const channel = this.#channels.get(name);
    if (channel?.getOutputChannel === undefined) {
      throw new ConfigurationError(
        'the channel has no getOutputChannel(address), which deferred turns need to answer',
        { channel: name },
      );
    }
    return channel.getOutputChannel(address);
  }
}
