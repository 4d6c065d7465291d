import fc from 'fast-check';
import { UserMessage } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { anonymousKey, conversationKey } from '../../src/turns/conversation-key.ts';

describe('conversationKey', () => {
  it('differs wherever a part does, whatever the parts contain', () => {
    const text = fc.string({ unit: fc.constantFrom('a', ':', '%', '3', 'A', '') });
    const parts = fc.record({ channel: text, account: text, senderId: text });
    fc.assert(
      fc.property(parts, parts, (a, b) => {
        const areSame =
          a.channel === b.channel && a.account === b.account && a.senderId === b.senderId;
        expect(conversationKey(a) === conversationKey(b)).toBe(areSame);
      }),
      { numRuns: 1000 },
    );
  });

  it('takes no account and an empty one for the same', () => {
    const parts = { channel: 'rest', senderId: 'ada' };
    expect(conversationKey({ ...parts, account: null })).toBe(
      conversationKey({ ...parts, account: '' }),
    );
  });

  it('is never that of a message without a sender', () => {
    const message = new UserMessage({ messageId: 'm' });
    for (const account of ['%', '', null, '%25', ':%:']) {
      const key = conversationKey({ channel: 'rest', account, senderId: 'm' });
      expect(key).not.toBe(anonymousKey('rest', message));
    }
  });
});
