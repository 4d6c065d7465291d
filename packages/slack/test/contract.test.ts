import { Trunkline } from '@trunkline/core';
import { inputChannelContract, outputChannelContract } from '@trunkline/testing';
import { describe, it } from 'vitest';
import { SlackInput } from '../src/index.ts';
import { direct, escaped, json } from './support/requests.ts';
import { optionsFor } from './support/scene.ts';
import { SECRET, Slack, TEAM, TOKEN } from './support/slack.ts';
import { HastyClock } from './support/clock.ts';

const slacks = new WeakMap<object, Slack>();

class TestedInput extends SlackInput {
  override async close(): Promise<void> {
    await super.close();
    await slacks.get(this)?.close();
  }
}

describe('SlackInput', () => {
  inputChannelContract({
    it,
    async create() {
      const slack = await Slack.open();
      const channel = new TestedInput(optionsFor(slack));
      slacks.set(channel, slack);
      return channel;
    },
    message: (text, sender) => json(direct(escaped(text), sender)),
    forged: (text, sender) => json(direct(escaped(text), sender), { secret: 'guessed' }),
    replies: (_answer, channel) => slacks.get(channel)?.of('chat.postMessage'),
    credentials: { slack_token: TOKEN, slack_signing_secret: SECRET },
  });
});

describe('SlackOutput', () => {
  const open = async (): Promise<{ slack: Slack; channel: SlackInput }> => {
    const slack = await Slack.open();
    const channel = new SlackInput(optionsFor(slack, { clock: new HastyClock() }));
    // Gives it turns and a store.
    void new Trunkline({ channels: [channel], assistant: () => {} });
    return { slack, channel };
  };

  outputChannelContract({
    it,
    async create() {
      const { slack, channel } = await open();
      return {
        output: channel.getOutputChannel({ team: TEAM, channel: 'C1' }),
        // What Slack refuses is not said, and a stream is a message that grows.
        sent: () => [...slack.of('chat.postMessage'), ...slack.of('chat.update')],
        async close() {
          await channel.close();
          await slack.close();
        },
      };
    },
    async createFailing() {
      const { slack, channel } = await open();
      for (const method of ['chat.postMessage', 'files.getUploadURLExternal']) {
        slack.on(method, () => ({ ok: false, error: 'channel_not_found' }));
      }
      return channel.getOutputChannel({ team: TEAM, channel: 'C1' });
    },
    timeoutMs: 10_000,
  });
});
