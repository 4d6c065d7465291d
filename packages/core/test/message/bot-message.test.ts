import type { BotMessage, ResponseParts } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { responseFor } from '../../src/message/bot-message.ts';

declare module '@trunkline/core' {
  interface ChannelOverrides {
    /** A channel of a user's, as the documentation has it. */
    myio?: ResponseParts & { colour?: string };
  }
}

describe('overrides', () => {
  it('have the type that the channel gave them', () => {
    const responses: BotMessage[] = [
      { text: 'Hi', channels: { myio: { text: 'Hi, you', colour: 'red' } } },
      { text: 'Hi', channels: { unheardOf: { text: 'Hi', anything: 1 } } },
      // @ts-expect-error -- the channel says that a colour is a text
      { text: 'Hi', channels: { myio: { colour: 1 } } },
      // @ts-expect-error -- the channel knows no such key
      { text: 'Hi', channels: { myio: { color: 'red' } } },
      // @ts-expect-error -- a text is a text on every channel
      { text: 'Hi', channels: { myio: { text: 1 } } },
    ];
    expect(responseFor('myio', responses[0] as BotMessage)).toEqual({
      text: 'Hi, you',
      colour: 'red',
    });
  });
});

describe('responseFor', () => {
  it('returns a response without overrides as it is', () => {
    const response = { text: 'Hi' };
    expect(responseFor('slack', response)).toBe(response);
  });

  it('lays the override of the channel over the response', () => {
    const response = {
      text: 'Hi',
      image: 'i.png',
      channels: {
        slack: { text: 'Hi, Slack', custom: { blocks: [] } },
        sms: { text: 'Hi, phone' },
      },
    };
    const frozen = structuredClone(response);
    expect(responseFor('slack', response)).toEqual({
      text: 'Hi, Slack',
      image: 'i.png',
      custom: { blocks: [] },
    });
    expect(responseFor('rest', response)).toEqual({ text: 'Hi', image: 'i.png' });
    expect(response).toEqual(frozen);
  });

  it('takes no override from the prototype of the overrides', () => {
    expect(responseFor('toString', { text: 'Hi', channels: {} })).toEqual({ text: 'Hi' });
    expect(responseFor('__proto__', { text: 'Hi', channels: {} })).toEqual({ text: 'Hi' });
  });
});
