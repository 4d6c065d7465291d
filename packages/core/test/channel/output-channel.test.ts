import { menuOptions, OutputChannel, type BotMessage, type Receipt } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { bindDelivery } from '../../src/channel/delivery.ts';
import { SpyOutput, StreamingOutput, TextOutput } from '../support/outputs.ts';

async function textsOf(response: BotMessage): Promise<string[]> {
  const output = new TextOutput();
  await output.sendResponse('u', response);
  expect(output.recipients.every((recipient) => recipient === 'u')).toBe(true);
  return output.texts;
}

async function callsOf(response: BotMessage): Promise<unknown[][]> {
  const output = new SpyOutput();
  await output.sendResponse('u', response);
  return output.calls;
}

describe('a channel that only knows text', () => {
  it('9: sends a text', async () => {
    expect(await textsOf({ text: 'hey' })).toEqual(['hey']);
  });

  it('11: lists buttons below the text', async () => {
    const buttons = [{ title: 'Yes', payload: '/affirm' }];
    expect(await textsOf({ text: 'Q', buttons })).toEqual(['Q', '1: Yes (/affirm)']);
  });

  it('12: shows the other keys of a button', async () => {
    const buttons = [{ title: 'Yes', payload: '/affirm', x: 1 }];
    expect(await textsOf({ text: 'Q', buttons })).toEqual(['Q', '1: Yes (/affirm) - {"x": 1}']);
  });

  it('14: shows an element as its title and subtitle', async () => {
    const element = { title: 'a', subtitle: 'b', imageUrl: 'i', url: 'https://example.org' };
    expect(await textsOf({ elements: [element] })).toEqual(['a : b']);
  });

  it('16: shows an image and an attachment by their addresses', async () => {
    expect(await textsOf({ image: 'i' })).toEqual(['Image: i']);
    expect(await textsOf({ attachment: 'A' })).toEqual(['Attachment: A']);
  });

  it('17: shows JSON as Python writes it', async () => {
    expect(await textsOf({ custom: { k: 'é', n: 1 } })).toEqual(['{"k": "\\u00e9", "n": 1}']);
  });

  it('19: shows the quick replies where there are quick replies and buttons', async () => {
    const response = {
      text: 'Q',
      quickReplies: [{ title: 'A', payload: '/a' }],
      buttons: [{ title: 'B', payload: '/b' }],
    };
    expect(await textsOf(response)).toEqual(['Q', '1: A (/a)']);
  });

  it('lists the buttons of elements', async () => {
    const elements = [
      { title: 'E1', buttons: [{ title: 'Buy', payload: '/buy' }] },
      { title: 'E2' },
    ];
    expect(await textsOf({ elements })).toEqual(['E1 : ', '1: Buy (/buy)', 'E2 : ']);
  });

  // The story: cards had quick replies below them, and both began with "1": the second of each number could not be had.
  it('numbers quick replies and cards of one response as one menu, where it numbers choices', async () => {
    class Numbered extends TextOutput {
      override readonly numbersChoices = true;
    }
    const response: BotMessage = {
      text: 'Q',
      quickReplies: [{ title: 'More' }, { title: 'Back' }],
      elements: [
        { title: 'a', subtitle: 'b', buttons: [{ title: 'Take' }] },
        { title: 'c', buttons: [{ title: 'Have' }] },
      ],
    };
    const output = new Numbered();
    await output.sendResponse('u', response);
    expect(output.texts).toEqual(['Q\n1. More\n2. Back', 'a : b\n3. Take', 'c : \n4. Have']);
    expect(menuOptions(response).map(({ title }) => title)).toEqual([
      'More',
      'Back',
      'Take',
      'Have',
    ]);
    await output.sendResponse('u', { elements: response.elements ?? [] });
    expect(output.texts.slice(3)).toEqual(['a : b\n1. Take', 'c : \n2. Have']);
    // A title that is the number of another leaves all of the menu without.
    const four = { title: 'c', buttons: [{ title: '2' }] };
    await output.sendResponse('u', { ...response, elements: [four] });
    await output.sendResponse('u', { ...response, quickReplies: [{ title: '3' }] });
    expect(output.texts.slice(5)).toEqual([
      'Q\nMore\nBack',
      'c : \n2',
      'Q\n3',
      'a : b\nTake',
      'c : \nHave',
    ]);
    // Cards that a channel sends beside any response have a menu of their own.
    await output.sendResponse('u', { text: 'Hi' });
    await output.sendElements('u', [{ title: 'c', buttons: [{ title: 'Have' }] }]);
    expect(output.texts.at(-1)).toBe('c : \n1. Have');
  });

  it('does not forward extras to the lines of a list, as in Rasa', async () => {
    const output = new TextOutput();
    await output.sendResponse('u', { text: 'Q', buttons: [{ title: 'A' }], button_type: 'x' });
    expect(output.extras).toEqual([undefined, undefined]);
  });

  it('does not change the response', async () => {
    const response = {
      text: 'Q',
      buttons: [{ title: 'Yes', payload: '/affirm', x: 1 }],
      custom: { a: [1] },
      attachment: { url: 'u' },
      elements: [{ title: 'E', buttons: [{ title: 'Buy' }] }],
    };
    const before = structuredClone(response);
    await textsOf(response);
    expect(response).toEqual(before);
  });
});

describe('sendResponse', () => {
  it('sends the parts in the order of Rasa, each with what is left', async () => {
    const calls = await callsOf({
      elements: [{ title: 'E' }],
      attachment: { url: 'a' },
      image: 'i',
      custom: { c: 1 },
      text: 't',
      template: 'utter_x',
    });
    expect(calls.map(([method]) => method)).toEqual([
      'text',
      'custom',
      'image',
      'attachment',
      'elements',
    ]);
    expect(calls[0]).toEqual([
      'text',
      'u',
      't',
      {
        custom: { c: 1 },
        image: 'i',
        attachment: { url: 'a' },
        elements: [{ title: 'E' }],
        template: 'utter_x',
      },
    ]);
    expect(calls[4]).toEqual(['elements', 'u', [{ title: 'E' }], { template: 'utter_x' }]);
  });

  it('sends one of quick replies, buttons and text', async () => {
    const quickReplies = [{ title: 'A' }];
    const buttons = [{ title: 'B' }];
    expect(await callsOf({ text: 't', quickReplies, buttons })).toEqual([
      ['quickReplies', 'u', 't', quickReplies, { buttons }],
    ]);
    expect(await callsOf({ text: 't', quickReplies: [], buttons })).toEqual([
      ['buttons', 'u', 't', buttons, {}],
    ]);
    expect(await callsOf({ text: 't', quickReplies: [], buttons: [] })).toEqual([
      ['text', 'u', 't', { buttons: [] }],
    ]);
  });

  it('sends nothing for what Python takes for nothing', async () => {
    const nothing = { text: '', custom: {}, image: '', attachment: {}, elements: [], buttons: [] };
    expect(await callsOf(nothing)).toEqual([]);
    expect(await callsOf({})).toEqual([]);
    expect(await callsOf({ text: null, custom: null, image: null, attachment: null })).toEqual([]);
  });

  it('stops at the first part that fails', async () => {
    const output = new SpyOutput();
    output.sendCustomJson = async () => {
      throw new Error('refused');
    };
    const sent = output.sendResponse('u', { text: 't', custom: { a: 1 }, image: 'i' });
    await expect(sent).rejects.toThrow('refused');
    expect(output.calls.map(([method]) => method)).toEqual(['text']);
  });

  it('says what the response says on this channel', async () => {
    const channels = { spy: { text: 'for spies', colour: 'red' }, other: { text: 'no' } };
    expect(await callsOf({ text: 't', channels })).toEqual([
      ['text', 'u', 'for spies', { colour: 'red' }],
    ]);
  });
});

describe('supportsStreaming', () => {
  it('is true when chunks are taken', () => {
    expect(new TextOutput().supportsStreaming).toBe(false);
    expect(new StreamingOutput().supportsStreaming).toBe(true);
  });
});

describe('deliver', () => {
  class Platform extends OutputChannel {
    readonly name = 'platform';
    readonly requests: [string, string][] = [];

    async sendTextMessage(_recipientId: string, text: string): Promise<void> {
      await this.deliver(text, async (payload, key) => {
        this.requests.push([payload, key]);
        return { id: 1 };
      });
    }
  }

  it('just sends outside a turn, with a new key a request', async () => {
    const output = new Platform();
    await output.sendTextMessage('u', 'a');
    await output.sendTextMessage('u', 'b');
    expect(output.requests.map(([payload]) => payload)).toEqual(['a', 'b']);
    expect(output.requests[0]?.[1]).not.toBe(output.requests[1]?.[1]);
  });

  it('goes through the delivery that it is bound to, until it is let go', async () => {
    const output = new Platform();
    const steps: unknown[] = [];
    bindDelivery(output, {
      async deliver(step): Promise<Receipt> {
        steps.push(step.payload);
        return await step.send(step.payload, 'key');
      },
      call: (_method, send) => send(),
    });
    await output.sendTextMessage('u', 'a');
    bindDelivery(output, null);
    await output.sendTextMessage('u', 'b');
    expect(steps).toEqual(['a']);
    expect(output.requests[0]).toEqual(['a', 'key']);
  });
});
