import { describe, expect, it } from 'vitest';
import { responseFor } from '../../src/message/bot-message.ts';

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
