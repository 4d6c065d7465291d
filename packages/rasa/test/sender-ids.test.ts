import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anonymousId, plainIds, qualifiedIds } from '../src/sender-ids.ts';

// Half characters included: a sender id over REST may hold them.
const part = fc.oneof(
  fc.string({ unit: 'binary' }),
  // What is an escape, or nearly.
  fc.string({ unit: fc.constantFrom('~', 'u', '0', '4', 'a', 'f', ':', '%', 'é', '/') }),
);
const conversation = fc.record({
  channel: part.filter((name) => name !== ''),
  account: fc.option(part.filter((account) => account !== '')),
  senderId: part,
});

describe('qualified sender ids', () => {
  it('say where a conversation is', () => {
    const slack = { channel: 'slack', account: 'T1', senderId: 'U2:C3' };
    const sms = { channel: 'sms', account: null, senderId: 'whatsapp:+4915112345' };
    expect(qualifiedIds.toRasa(slack)).toBe('slack:T1:U2:C3');
    expect(qualifiedIds.toRasa(sms)).toBe('sms::whatsapp:+4915112345');
    expect(qualifiedIds.toRasa({ channel: 'rest', account: null, senderId: 'Jörg/1' })).toBe(
      'rest::J~f6rg~2f1',
    );
  });

  it('lead back to their conversation, which no other one shares', () => {
    fc.assert(
      fc.property(conversation, (one) => {
        expect(qualifiedIds.fromRasa(qualifiedIds.toRasa(one))).toEqual(one);
      }),
    );
  });

  it('need no encoding in a path', () => {
    fc.assert(
      fc.property(conversation, (one) => {
        const id = qualifiedIds.toRasa(one);
        expect(new URL(`http://rasa/conversations/${id}/tracker`).pathname).toBe(
          `/conversations/${id}/tracker`,
        );
      }),
    );
  });

  it('of messages without a sender are nobody’s', () => {
    expect(anonymousId('rest', 'm1')).toBe('rest:~:m1');
    expect(qualifiedIds.fromRasa('rest:~:m1')).toBeNull();
    fc.assert(
      fc.property(conversation, part, (one, messageId) => {
        expect(qualifiedIds.toRasa(one)).not.toBe(anonymousId(one.channel, messageId));
      }),
    );
  });

  it.each(['', 'default', 'U123', '::ada', 'whatsapp:+49'])('do not take %j for one', (id) => {
    expect(qualifiedIds.fromRasa(id)).toBeNull();
  });
});

describe('plain sender ids', () => {
  it('are those of the channel', () => {
    expect(plainIds.toRasa({ channel: 'slack', account: 'T1', senderId: 'U1' })).toBe('U1');
    expect(plainIds.fromRasa('U1')).toEqual({ channel: 'latest', account: null, senderId: 'U1' });
  });
});
