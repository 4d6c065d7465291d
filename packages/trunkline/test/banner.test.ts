import { Trunkline } from '@trunkline/core';
import { RestInput } from '@trunkline/rest';
import { expect, it } from 'vitest';
import { channelRows } from '../src/banner.ts';

class Elsewhere extends RestInput {
  override urlPrefix(): string {
    return '/elsewhere';
  }
}

// It said /webhooks/, whatever the line's route was.
it('shows the channels where they are mounted', async () => {
  const channels = [new RestInput(), new Elsewhere({ name: 'other' })];
  const line = new Trunkline({ channels, assistant: () => {}, route: '/hooks/' });
  expect(channelRows('http://localhost:5005', line)).toBe(
    '  rest       http://localhost:5005/hooks/rest/\n' +
      '  other      http://localhost:5005/elsewhere/\n',
  );
  await line.close();
});
