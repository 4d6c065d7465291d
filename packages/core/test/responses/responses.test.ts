import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigurationError, Responses, type ResponseVariation } from '@trunkline/core';
import { folderOf } from '../support/files.ts';

const DOMAIN = `version: "3.1"
intents:
  - greet
responses:
  utter_greet:
    - text: "Hi! I'm the default greeting."
    - text: Hi! I'm the custom channel greeting
      channel: myio
  utter_order:
    - id: order_1
      text: "{name}, what size?"
      buttons:
        - title: "Small ({small})"
          payload: '/size{{"size": "small"}}'
      button_type: vertical
      metadata: { rephrase: "{not filled}" }
  utter_rich:
    - image: "https://x.org/{name}.png"
      attachment: { type: file, payload: { src: "{name}.pdf" } }
      custom: { blocks: [{ text: "{name}" }] }
      quick_replies: [{ title: "{name}", payload: /x }]
      elements:
        - title: "{name}"
          subtitle: s
          image_url: "https://x.org/{name}.png"
          default_action: { type: web_url, url: "https://x.org/{name}" }
          buttons: [{ title: Buy, payload: "/buy {name}" }]
`;

const load = async (text: string): Promise<Responses> =>
  Responses.load(join(await folderOf({ 'domain.yml': text }), 'domain.yml'));

describe('responses', () => {
  it('are read from a domain, and said as they stand there', async () => {
    const responses = await load(DOMAIN);
    expect(responses.names).toEqual(['utter_greet', 'utter_order', 'utter_rich']);
    expect(responses.generate('utter_greet', { channels: ['myio'] })).toEqual({
      text: "Hi! I'm the custom channel greeting",
      channel: 'myio',
      utter_action: 'utter_greet',
    });
    expect(responses.generate('utter_greet', { channels: ['rest'] })).toEqual({
      text: "Hi! I'm the default greeting.",
      utter_action: 'utter_greet',
    });
  });

  it('carry the keys along that are none of theirs, as they are', async () => {
    const slots = { name: 'Ada', small: '20 cm' };
    const order = (await load(DOMAIN)).generate('utter_order', { channels: [], slots });
    expect(order).toEqual({
      id: 'order_1',
      text: 'Ada, what size?',
      buttons: [{ title: 'Small (20 cm)', payload: '/size{"size": "small"}' }],
      button_type: 'vertical',
      metadata: { rephrase: '{not filled}' },
      utter_action: 'utter_order',
    });
  });

  it('112: tell by their id which variation was said', () => {
    const responses = new Responses({
      utter: [
        { id: 'ID_0', text: 'x' },
        { id: 'ID_1', text: 'x', channel: 'app' },
        { id: 'ID_2', text: 'x', channel: 'web' },
        { id: 'ID_3', text: 'x', condition: [{ type: 'slot', name: 'vip', value: true }] },
      ],
    });
    const idOn = (channel: string, slots = {}): unknown =>
      responses.generate('utter', { channels: [channel], slots })['id'];
    expect(['app', 'web', 'default'].map((channel) => idOn(channel))).toEqual([
      'ID_1',
      'ID_2',
      'ID_0',
    ]);
    expect(idOn('default', { vip: true })).toBe('ID_3');
  });

  it('105: are filled in wherever Rasa does, and in cards', async () => {
    const responses = await load(DOMAIN);
    const rich = responses.generate('utter_rich', { channels: [], slots: { name: 'ada' } });
    expect(rich).toEqual({
      image: 'https://x.org/ada.png',
      attachment: { type: 'file', payload: { src: 'ada.pdf' } },
      custom: { blocks: [{ text: 'ada' }] },
      quickReplies: [{ title: 'ada', payload: '/x' }],
      elements: [
        {
          title: 'ada',
          subtitle: 's',
          imageUrl: 'https://x.org/ada.png',
          url: 'https://x.org/ada',
          buttons: [{ title: 'Buy', payload: '/buy ada' }],
        },
      ],
      utter_action: 'utter_rich',
    });
  });

  // The story: `payload: 1` was a number on its way. By SMS nobody could choose it, and Slack refused the message.
  it('have payloads that are texts, whatever YAML makes of them', async () => {
    const buttons = '[{ title: A, payload: 1 }, { title: B, payload: { a: true } }, { title: C }]';
    const responses = await load(
      `responses:\n  a:\n    - buttons: ${buttons}\n      quick_replies: ${buttons}\n      elements: [{ buttons: ${buttons} }]\n`,
    );
    const texts = [
      { title: 'A', payload: '1' },
      { title: 'B', payload: '{"a":true}' },
      { title: 'C' },
    ];
    expect(responses.generate('a', { channels: [] })).toMatchObject({
      buttons: texts,
      quickReplies: texts,
      elements: [{ buttons: texts }],
    });
  });

  it('are never half filled', async () => {
    const responses = await load(DOMAIN);
    const generate = (): unknown =>
      responses.generate('utter_order', { channels: [], slots: { small: null } });
    expect(generate).toThrow(ConfigurationError);
    expect(generate).toThrow(/domain\.yml:10: utter_order needs a value for name, small$/);
  });

  it('give away nothing of theirs that could be changed', async () => {
    const responses = await load(DOMAIN);
    const context = { channels: [], slots: { name: 'a', small: 'b' } };
    const first = responses.generate('utter_order', context);
    (first['metadata'] as { rephrase: string }).rephrase = 'changed';
    (first.buttons as unknown[]).length = 0;
    expect(responses.generate('utter_order', context)).toMatchObject({
      metadata: { rephrase: '{not filled}' },
      buttons: [{ title: 'Small (b)' }],
    });
  });

  it('that are missing are named with the nearest, and with their place', async () => {
    const responses = await load(DOMAIN);
    expect(() => responses.generate('utter_gret', { channels: [] })).toThrow(
      'there is no response "utter_gret", did you mean "utter_greet"?',
    );
    expect(() => responses.generate('toString', { channels: [] })).toThrow(
      'there is no response "toString"',
    );
    const only = await load('responses:\n  a:\n    - text: x\n      channel: slack\n');
    expect(() => only.generate('a', { channels: ['rest', 'collector'] })).toThrow(
      /domain\.yml:3: a has no variation for the channel rest/,
    );
  });

  it('have no condition where the list of it is empty, as in Rasa', () => {
    const variations = [{ text: 'plain' }, { text: 'with an empty list', condition: [] }];
    const responses = new Responses({ utter_a: variations }, { seed: 7 });
    const said = Array.from({ length: 50 }, () => responses.generate('utter_a', { channels: [] }));
    expect(new Set(said.map(({ text }) => text)).size).toBe(2);
  });

  it('are picked by chance among equals, by the same chance for the same seed', () => {
    const greet: ResponseVariation[] = ['a', 'b', 'c'].map((text) => ({ text }));
    const said = (options?: { seed: number }): string => {
      const responses = new Responses({ greet }, options);
      const one = (): unknown => responses.generate('greet', { channels: [] }).text;
      return Array.from({ length: 300 }, one).join('');
    };
    expect(said({ seed: 7 })).toBe(said({ seed: 7 }));
    expect(said({ seed: 7 })).not.toBe(said({ seed: 8 }));
    for (const letter of ['a', 'b', 'c']) {
      // Three hundred picks of three: fewer than 60 happen once in 10^9 runs.
      expect(said({ seed: 7 }).split(letter).length - 1).toBeGreaterThan(60);
      expect(said().includes(letter)).toBe(true);
    }
  });

  it('come from all files of a folder', async () => {
    const folder = await folderOf({
      'a.yml': 'responses:\n  a: [{ text: A }]\n',
      'more/b.yaml': 'responses:\n  b: [{ text: B }]\n',
      'more/nothing.yml': '',
      'intents.yml': 'intents: [greet]',
      'notes.txt': ': no YAML',
    });
    expect((await Responses.load(folder)).names).toEqual(['a', 'b']);
  });

  // The story: Emacs locks a file that is edited with a link to nowhere beside it, and macOS writes `._a.yml` for
  // `a.yml`. The folder could not be read, at a start or a reload.
  it('come from no file of a folder that is hidden', async () => {
    const folder = await folderOf({
      'a.yml': 'responses: { utter_a: [{ text: a }] }',
      '._a.yml': '\0\x05\x16\x07',
      '.old/b.yml': 'responses: { utter_a: [{ text: old }] }',
    });
    await symlink('ada@host.1234', join(folder, '.#a.yml'));
    expect((await Responses.load(folder)).names).toEqual(['utter_a']);
  });

  it('are told apart where two files have the same', async () => {
    const text = 'responses:\n  a: [{ text: A }]\n';
    const folder = await folderOf({ 'a.yml': text, 'b.yml': `\n\n${text}` });
    await expect(Responses.load(folder)).rejects.toThrow(
      /b\.yml:4: a is there already, at .*a\.yml:2$/,
    );
  });

  it('say where there is nothing to read', async () => {
    await expect(Responses.load('/nowhere/domain.yml')).rejects.toThrow('there is no such file');
    await expect(Responses.load(await folderOf({ 'a.txt': '' }))).rejects.toThrow(
      'has no .yml file in it',
    );
    expect((await load('')).names).toEqual([]);
    expect((await load('responses:\n')).names).toEqual([]);
  });

  it.each([
    ['- a', 1, 'a domain must be a map'],
    ['responses: [a]', 1, 'responses must be a map'],
    ['responses:\n  a: x', 2, 'a must be a list of variations'],
    ['responses:\n  a: []', 2, 'a must be a list of variations'],
    ['responses:\n  a:\n  b:\n  - text: x', 2, 'a must be a list of variations'],
    ['responses:\n  a:\n  - x', 3, 'a variation of a must be a map'],
    ['responses:\n  a:\n  - text: x\n  - channel: y', 4, 'a variation of a says nothing'],
    ['responses:\n  a:\n  - text: ""', 3, 'a variation of a says nothing'],
    ['responses:\n  a:\n  - text: 5', 3, 'text of a must be a text'],
    ['responses:\n  a:\n  - image:\n      url: x', 3, 'image of a must be a text'],
    ['responses:\n  a:\n  - text: x\n    buttons: y', 4, 'buttons of a must be a list'],
    ['responses:\n  a:\n  - text: x\n    buttons:\n    - payload: y', 4, 'a map with a title'],
    [
      'responses:\n  a:\n  - text: x\n    quick_replies: [y]',
      4,
      'quick_replies of a must be a list',
    ],
    ['responses:\n  a:\n  - text: x\n    elements: {}', 4, 'elements of a must be a list'],
    ['responses:\n  a:\n  - text: x\n    channel: 5', 4, 'channel of a must be the name'],
    [
      'responses:\n  a:\n  - text: x\n    quickReplies: []',
      4,
      '"quickReplies" of a: write quick_replies',
    ],
    ['responses:\n  a:\n  - text: x\n    channels: {}', 4, '"channels" of a: write channel'],
    ['responses:\n  a:\n  - text: x\n    condition: slots.a', 4, 'a predicate of Rasa Pro'],
    ['responses:\n  a:\n  - text: x\n    condition: {}', 4, 'condition of a must be a list'],
    ['responses:\n  a:\n  - text: x\n    condition:\n    - name: y', 5, 'a condition of a must be'],
    ['responses:\n  a:\n  - text: !x y', 3, 'Unresolved tag'],
  ])('that are malformed are shown with file and line: %j', async (text, line, message) => {
    const loading = load(text);
    await expect(loading).rejects.toThrow(ConfigurationError);
    await expect(loading).rejects.toThrow(`domain.yml:${line}: `);
    await expect(loading).rejects.toThrow(message);
  });

  it('that are given as an object are checked as well', () => {
    expect(
      () =>
        new Responses({
          a: [{ text: 'x' }, { text: 5 as never } /* what JavaScript would let pass */],
        }),
    ).toThrow('a[1].text: text of a must be a text');
    const responses = new Responses({ a: [{ text: '{b}' }] });
    expect(() => responses.generate('a', { channels: [] })).toThrow('a[0]: a needs a value for b');
  });
});
