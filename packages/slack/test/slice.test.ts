import { startLine } from '@trunkline/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SlackInput } from '../src/index.ts';
import { direct, escaped, json } from './support/requests.ts';
import { SECRET, Slack, TOKEN } from './support/slack.ts';

describe('slice', () => {
  let slack: Slack;
  beforeEach(async () => {
    slack = await Slack.open();
  });
  afterEach(() => slack.close());

  it('answers', async () => {
    let over: () => void = () => {};
    const done = new Promise<void>((resolve) => (over = resolve));
    const { url, close } = await startLine({
      channels: [new SlackInput({ token: TOKEN, signingSecret: SECRET, apiUrl: slack.apiUrl })],
      assistant: async (message, reply) => {
        await reply.text(`You said: ${message.text}`);
        await reply.buttons('What size?', [{ title: 'Small', payload: '/small' }]);
      },
      onTurn: () => over(),
      onError: console.error,
    });
    const { headers, body } = json(direct(escaped('Hi & <bye>')));
    const answer = await fetch(`${url}/webhooks/slack/webhook`, {
      method: 'POST',
      headers,
      body: body as string,
    });
    expect(answer.status).toBe(200);
    await done;
    expect(slack.texts('DU1')).toEqual(['You said: Hi &amp; &lt;bye&gt;', 'What size?']);
    await close();
  });
});
