import {
  CollectingOutputChannel,
  type BotMessage,
  type CollectedMessage,
  type JsonValue,
} from '@trunkline/core';
import { describe, expect, it } from 'vitest';

async function collect(response: BotMessage): Promise<CollectedMessage[]> {
  const output = new CollectingOutputChannel();
  await output.sendResponse('u', response);
  return output.messages;
}

describe('CollectingOutputChannel', () => {
  it('is called collector, or as it is told', () => {
    expect(new CollectingOutputChannel().name).toBe('collector');
    expect(new CollectingOutputChannel('rest').name).toBe('rest');
  });

  it('21: collects a text', async () => {
    expect(await collect({ text: 'hey' })).toEqual([{ recipient_id: 'u', text: 'hey' }]);
  });

  it('22: splits at blank lines and keeps the white space of the parts', async () => {
    const text = 'This message should come first:  \n\nThis is message two  \nThis as well\n\n';
    expect(await collect({ text })).toEqual([
      { recipient_id: 'u', text: 'This message should come first:  ' },
      { recipient_id: 'u', text: 'This is message two  \nThis as well' },
    ]);
  });

  it('23: collects an image', async () => {
    expect(await collect({ image: 'i.png' })).toEqual([{ recipient_id: 'u', image: 'i.png' }]);
  });

  it('24: puts the text before the image', async () => {
    expect(await collect({ image: 'i.png', text: 'hey' })).toEqual([
      { recipient_id: 'u', text: 'hey' },
      { recipient_id: 'u', image: 'i.png' },
    ]);
  });

  it('25: puts the text before the custom JSON', async () => {
    expect(await collect({ custom: { a: 'é' }, text: 'hey' })).toEqual([
      { recipient_id: 'u', text: 'hey' },
      { recipient_id: 'u', custom: { a: 'é' } },
    ]);
  });

  it('28: does not split a text with buttons', async () => {
    const buttons = [{ title: 'Yes', payload: '/affirm', extra: [1] }];
    expect(await collect({ text: 'x\n\ny', buttons })).toEqual([
      { recipient_id: 'u', text: 'x\n\ny', buttons },
    ]);
  });

  // The story: REST answered with what the assistant had made of its buttons by the end of the turn, and with 500
  // instead of all that was said where something of it was no JSON.
  it('collects what is said as it is then, and nothing that is no JSON', async () => {
    const output = new CollectingOutputChannel();
    const button = { title: 'A' };
    for (const title of ['A', 'B']) {
      button.title = title;
      await output.sendResponse('u', { text: title, buttons: [button] });
    }
    const json = { a: [1] };
    await output.sendResponse('u', { custom: json, attachment: json });
    json.a.push(2);
    // As somebody may say it who has no compiler.
    for (const custom of [{ a: 1n }, 1n, () => {}] as unknown as JsonValue[]) {
      await expect(output.sendResponse('u', { custom })).rejects.toThrow(/BigInt|not valid JSON/);
    }
    expect(output.messages).toEqual([
      { recipient_id: 'u', text: 'A', buttons: [{ title: 'A' }] },
      { recipient_id: 'u', text: 'B', buttons: [{ title: 'B' }] },
      { recipient_id: 'u', custom: { a: [1] } },
      { recipient_id: 'u', attachment: { a: [1] } },
    ]);
  });

  it('30: collects quick replies under the key of buttons', async () => {
    const quickReplies = [{ title: 'Yes', payload: '/affirm' }];
    expect(await collect({ text: 'Q', quickReplies })).toEqual([
      { recipient_id: 'u', text: 'Q', buttons: quickReplies },
    ]);
  });

  it('32: collects an attachment object, and nothing for empty custom JSON', async () => {
    const attachment = { type: 'video', payload: { src: 'v' } };
    expect(await collect({ attachment })).toEqual([{ recipient_id: 'u', attachment }]);
    expect(await collect({ custom: {} })).toEqual([]);
  });

  it('33: collects an image that is no attachment once', async () => {
    expect(await collect({ text: null, image: 'i.png', attachment: null })).toEqual([
      { recipient_id: 'u', image: 'i.png' },
    ]);
  });

  it('keeps empty parts of a text', async () => {
    expect((await collect({ text: 'a\n\n\n\nb' })).map(({ text }) => text)).toEqual(['a', '', 'b']);
    expect(await collect({ text: ' \n ' })).toEqual([{ recipient_id: 'u', text: '' }]);
  });

  it('collects elements as texts with buttons, also where there are none', async () => {
    const buttons = [{ title: 'Buy' }];
    const elements = [{ title: 'E1', subtitle: 's', buttons }, { title: 'E2' }];
    expect(await collect({ elements })).toEqual([
      { recipient_id: 'u', text: 'E1 : s', buttons },
      { recipient_id: 'u', text: 'E2 : ', buttons: [] },
    ]);
  });

  it('writes keys in the order of Rasa, and no others', async () => {
    const response = { buttons: [{ title: 'Yes' }], text: 'Q', utter_action: 'utter_q' };
    expect(JSON.stringify(await collect(response))).toBe(
      '[{"recipient_id":"u","text":"Q","buttons":[{"title":"Yes"}]}]',
    );
  });

  it('knows the last thing said', async () => {
    const output = new CollectingOutputChannel();
    expect(output.latestOutput()).toBeNull();
    await output.sendResponse('u', { text: 'a\n\nb' });
    expect(output.latestOutput()).toEqual({ recipient_id: 'u', text: 'b' });
  });

  it('does not stream', () => {
    expect(new CollectingOutputChannel().supportsStreaming).toBe(false);
  });
});
