import { CollectingOutputChannel, type JsonObject } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { botEventMessage, toResponse } from '../src/responses.ts';

describe('toResponse', () => {
  it.each<[string, JsonObject, unknown]>([
    ['a text', { text: 'Hi' }, { text: 'Hi' }],
    ['an image', { image: 'https://a.example/p.png' }, { image: 'https://a.example/p.png' }],
    [
      'buttons, as the domain has them',
      { text: 'Size?', buttons: [{ title: 'S', payload: '/small', x: 1 }] },
      { text: 'Size?', buttons: [{ title: 'S', payload: '/small', x: 1 }] },
    ],
    ['no buttons, below an element', { text: 'a : b', buttons: [] }, { text: 'a : b' }],
    [
      'a button without a title, and a payload that is no text',
      { text: 'Q', buttons: [{ payload: '/a' }, { title: 'B', payload: { id: 1 } }] },
      {
        text: 'Q',
        buttons: [
          { title: '/a', payload: '/a' },
          { title: 'B', payload: '{"id":1}' },
        ],
      },
    ],
    [
      'quick replies',
      { text: 'Q', quick_replies: [{ title: 'A', payload: '/a', content_type: 'text' }] },
      { text: 'Q', quickReplies: [{ title: 'A', payload: '/a', content_type: 'text' }] },
    ],
    [
      'elements',
      {
        elements: [
          {
            title: 'Pizza',
            subtitle: 'Hot',
            image_url: 'https://a.example/p.png',
            default_action: { type: 'web_url', url: 'https://a.example/' },
            buttons: [{ title: 'Buy', payload: '/buy' }],
            price: 9,
          },
        ],
      },
      {
        elements: [
          {
            title: 'Pizza',
            subtitle: 'Hot',
            imageUrl: 'https://a.example/p.png',
            url: 'https://a.example/',
            buttons: [{ title: 'Buy', payload: '/buy' }],
            price: 9,
          },
        ],
      },
    ],
    [
      'an attachment',
      { attachment: { type: 'video', payload: { src: 'https://a.example/v' } } },
      { attachment: { type: 'video', payload: { src: 'https://a.example/v' } } },
    ],
    [
      'an attachment that is a URL',
      { attachment: 'https://a.example/f' },
      { attachment: 'https://a.example/f' },
    ],
    ['custom JSON', { custom: { blocks: [1] } }, { custom: { blocks: [1] } }],
    [
      'keys that are nobody’s own',
      { text: 'Hi', utter_action: 'utter_greet' },
      { text: 'Hi', utter_action: 'utter_greet' },
    ],
  ])('takes %s', (_what, message, response) => {
    const before = JSON.stringify(message);
    expect(toResponse({ recipient_id: 'ada', ...message })).toEqual(response);
    expect(JSON.stringify(message)).toBe(before);
  });

  it.each<[string, JsonObject]>([
    ['nothing', {}],
    ['an empty text, of two blank lines', { text: '' }],
    ['nulls', { text: null, image: null, buttons: null, custom: null, attachment: null }],
  ])('says nothing of %s', (_what, message) => {
    expect(toResponse({ recipient_id: 'ada', ...message })).toBeNull();
  });

  it.each<[JsonObject, string]>([
    [{ text: 5 }, 'text is no text'],
    [{ text: 'Q', buttons: 'yes' }, 'buttons are no list'],
    [{ text: 'Q', buttons: ['yes'] }, 'buttons are no list'],
    [{ elements: [1] }, 'elements are no list'],
    [{ image: { url: 'x' } }, 'image is no text'],
  ])('refuses %j', (message, reason) => {
    expect(() => toResponse(message)).toThrow(reason);
  });

  it('gives back, through a collecting channel, what Rasa has sent', async () => {
    const messages: JsonObject[] = [
      { recipient_id: 'ada', text: 'Size?', buttons: [{ title: 'S', payload: '/s' }] },
      { recipient_id: 'ada', image: 'https://a.example/p.png' },
      { recipient_id: 'ada', attachment: { type: 'file' } },
      { recipient_id: 'ada', custom: { a: [1, null] } },
    ];
    const collector = new CollectingOutputChannel();
    for (const message of messages) {
      await collector.sendResponse('ada', toResponse(message) ?? {});
    }
    expect(collector.messages).toEqual(messages);
  });
});

describe('botEventMessage', () => {
  it('is what Rasa makes of a bot event: data, the text, and the metadata over them', () => {
    const data = { buttons: null, image: 'https://a/i', attachment: 'https://a/i', custom: null };
    const event = { event: 'bot', text: 'Hi', data, metadata: { utter_action: 'utter_greet' } };
    expect(botEventMessage(event)).toEqual({
      text: 'Hi',
      buttons: null,
      image: 'https://a/i',
      attachment: null,
      custom: null,
      utter_action: 'utter_greet',
    });
    expect(botEventMessage({ event: 'bot' })).toEqual({ text: null });
  });
});
