import { CollectingOutputChannel, MalformedPayloadError, UserMessage } from '@trunkline/core';
import { describe, expect, it } from 'vitest';

describe('UserMessage', () => {
  it('1: strips white space around the text', () => {
    expect(new UserMessage({ text: '\n/restart\n' }).text).toBe('/restart');
    expect(new UserMessage({ text: '  two  words\t' }).text).toBe('two  words');
  });

  it('2: makes texts of numeric ids', () => {
    const message = new UserMessage({ senderId: 1234567890, messageId: 987654321 });
    expect(message.senderId).toBe('1234567890');
    expect(message.messageId).toBe('987654321');
    expect(new UserMessage({ senderId: 0, messageId: 0 })).toMatchObject({
      senderId: '0',
      messageId: '0',
      anonymous: false,
    });
  });

  it('3: falls back to the sender "default" and to 32 hexadecimal digits as its id', () => {
    const message = new UserMessage({ text: 'Hi' });
    expect(message.senderId).toBe('default');
    expect(message.messageId).toMatch(/^[0-9a-f]{32}$/);
    expect(new UserMessage().messageId).not.toBe(message.messageId);
  });

  it('4: collects the answers where no output channel was given', () => {
    expect(new UserMessage().outputChannel).toBeInstanceOf(CollectingOutputChannel);
    expect(new UserMessage().outputChannel).not.toBe(new UserMessage().outputChannel);
    expect(new UserMessage({ address: { to: 'ada' } }).outputChannel).toBeNull();
  });

  it('tells a message without a sender from one whose sender is called "default"', () => {
    expect(new UserMessage().anonymous).toBe(true);
    expect(new UserMessage({ senderId: null }).anonymous).toBe(true);
    expect(new UserMessage({ senderId: 'default' }).anonymous).toBe(false);
  });

  it('keeps an empty sender id and an empty text', () => {
    const message = new UserMessage({ senderId: '', text: '' });
    expect(message).toMatchObject({ senderId: '', text: '', anonymous: false });
  });

  it('has no text where there was none', () => {
    expect(new UserMessage().text).toBeNull();
    expect(new UserMessage({ text: null }).text).toBeNull();
  });

  it('defaults to nothing elsewhere', () => {
    expect(new UserMessage()).toMatchObject({
      address: null,
      account: null,
      inputChannel: null,
      metadata: null,
      attachments: [],
      choice: null,
      headers: null,
      parseData: null,
      attempt: 1,
    });
  });

  it('keeps what it is given', () => {
    const outputChannel = new CollectingOutputChannel();
    const given = {
      outputChannel,
      address: { team: 'T1' },
      account: 'T1',
      inputChannel: 'rest',
      metadata: { page: '/cart' },
      attachments: [{ type: 'image' as const, url: 'https://example.org/a.png' }],
      choice: { title: 'Yes', payload: '/affirm' },
      headers: { 'x-a': 'b' },
      parseData: { intent: { name: 'greet' } },
      attempt: 2,
    };
    const message = new UserMessage(given);
    expect(message).toMatchObject(given);
    expect(message.outputChannel).toBe(outputChannel);
  });
});

// A tutorial's own channel answered 500 to `{"message":7}`: `options.text?.trim is not a function`.
it.each([[7], [true], [{}], [['Hello']]])('refuses a text that is none, %j', (text) => {
  const options: object = { text };
  expect(() => new UserMessage(options)).toThrow(MalformedPayloadError);
  expect(() => new UserMessage(options)).toThrow('the text of a message must be a text');
});
