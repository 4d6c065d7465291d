import { startLine } from '@trunkline/testing';
import { expect, it } from 'vitest';
import { PostInput } from './examples/post-input.ts';

it('starts a line on a free port, and ends it', async () => {
  const { url, line, close } = await startLine({
    channels: [new PostInput()],
    assistant: (message, reply) => void reply.text(`You said: ${message.text}`),
  });
  expect(line.channels.map(({ name }) => name)).toEqual(['post']);
  const response = await fetch(`${url}/webhooks/post/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ sender: 'anna', text: 'Hello' }),
  });
  expect(await response.json()).toEqual([{ recipient_id: 'anna', text: 'You said: Hello' }]);
  await close();
  await expect(fetch(`${url}/health`)).rejects.toThrow('fetch failed');
});
