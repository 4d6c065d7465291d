import { MalformedPayloadError } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { parseBody } from '../src/parse.ts';

describe('parseBody', () => {
  it('reads the keys of Rasa', () => {
    const body = { sender: 'ada', message: ' Hi ', input_channel: 'web', metadata: { a: 1 }, x: 1 };
    expect(parseBody('rest', body)).toEqual({
      senderId: 'ada',
      text: ' Hi ',
      inputChannel: 'web',
      metadata: { a: 1 },
    });
  });

  it('takes absent and null for the same', () => {
    const empty = { senderId: null, text: null, inputChannel: 'rest', metadata: null };
    expect(parseBody('rest', {})).toEqual(empty);
    expect(
      parseBody('rest', { sender: null, message: null, input_channel: null, metadata: null }),
    ).toEqual(empty);
  });

  it('takes numbers as senders, and the channel for an input_channel that says nothing', () => {
    expect(parseBody('rest', { sender: 42 }).senderId).toBe('42');
    expect(parseBody('rest', { sender: 0 }).senderId).toBe('0');
    expect(parseBody('rest', { sender: '' }).senderId).toBe('');
    for (const nothing of ['', 0, false, null]) {
      expect(parseBody('rasa', { input_channel: nothing }).inputChannel).toBe('rasa');
    }
  });

  // The story: ids of 64 bits, sent as numbers, were rounded to 53. Users whose ids differ in their last digits had
  // one conversation, and read each other's.
  it('takes no number as a sender that was rounded when it was read', () => {
    for (const sender of ['1234567890123456788', '-9007199254740993', '1e400']) {
      const body: unknown = JSON.parse(`{"sender":${sender}}`);
      expect(() => parseBody('rest', body)).toThrow(
        expect.objectContaining({ code: 'invalid_sender', status: 400 }),
      );
    }
    expect(parseBody('rest', { sender: 2 ** 53 - 1 }).senderId).toBe('9007199254740991');
  });

  it('passes any metadata on', () => {
    for (const metadata of ['text', 5, [1, { a: null }], false, {}]) {
      expect(parseBody('rest', { metadata }).metadata).toEqual(metadata);
    }
  });

  const deep = (depth: number): unknown => (depth === 0 ? 1 : { a: deep(depth - 1) });

  it.each([
    ['a list', [], 'no_object'],
    ['null', null, 'no_object'],
    ['a text', 'Hi', 'no_object'],
    ['a number', 5, 'no_object'],
    ['a numeric message', { message: 5 }, 'invalid_message'],
    ['a message object', { message: { text: 'Hi' } }, 'invalid_message'],
    ['a message of false', { message: false }, 'invalid_message'],
    ['a sender object', { sender: {} }, 'invalid_sender'],
    ['a sender of true', { sender: true }, 'invalid_sender'],
    ['a sender list', { sender: ['ada'] }, 'invalid_sender'],
    ['an endless sender', { sender: 'x'.repeat(513) }, 'invalid_sender'],
    ['an input_channel object', { input_channel: {} }, 'invalid_input_channel'],
    ['metadata without a bottom', { metadata: deep(65) }, 'invalid_metadata'],
  ])('refuses %s', (_name, body, code) => {
    expect(() => parseBody('rest', body)).toThrow(MalformedPayloadError);
    expect(() => parseBody('rest', body)).toThrow(/^\[rest\] /);
    expect(() => parseBody('rest', body)).toThrow(expect.objectContaining({ code, status: 400 }));
  });

  it('takes what is just within the bounds', () => {
    expect(parseBody('rest', { sender: 'x'.repeat(512) }).senderId).toHaveLength(512);
    expect(parseBody('rest', { metadata: deep(64) }).metadata).toEqual(deep(64));
  });
});
