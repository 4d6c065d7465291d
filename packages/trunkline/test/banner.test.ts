import { InputChannel, Trunkline, type Route } from '@trunkline/core';
import { expect, it } from 'vitest';
import { channelRows } from '../src/banner.ts';

class Somewhere extends InputChannel {
  readonly name: string;
  readonly #prefix: string;

  constructor(name: string, prefix = name) {
    super();
    this.name = name;
    this.#prefix = prefix;
  }

  override urlPrefix(): string {
    return this.#prefix;
  }

  override routes(): Route[] {
    return [];
  }
}

// It said /webhooks/, whatever the line's route was.
it('shows the channels where they are mounted', async () => {
  const channels = [new Somewhere('here'), new Somewhere('there', '/elsewhere')];
  const line = new Trunkline({ channels, assistant: () => {}, route: '/hooks/' });
  expect(channelRows('http://localhost:5005', line)).toBe(
    '  here       http://localhost:5005/hooks/here/\n' +
      '  there      http://localhost:5005/elsewhere/\n',
  );
  await line.close();
});
