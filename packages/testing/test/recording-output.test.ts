import { RecordingOutput } from '@trunkline/testing';
import { expect, it } from 'vitest';

it('keeps the texts that everything becomes, with what came along', async () => {
  const output = new RecordingOutput('mine');
  await output.sendResponse('anna', {
    text: 'Sure?',
    buttons: [{ title: 'Yes', payload: '/yes' }],
    custom: { a: 1 },
  });
  await output.sendTextMessage('anna', 'Bye', { mood: 'good' });
  expect(output.name).toBe('mine');
  expect(output.texts).toEqual(['Sure?', '1: Yes (/yes)', '{"a": 1}', 'Bye']);
  expect(output.sent.at(-1)).toEqual({ recipientId: 'anna', text: 'Bye', extra: { mood: 'good' } });
  expect(output.supportsStreaming).toBe(false);
});
