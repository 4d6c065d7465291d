import {
  DeliveryError,
  MemoryStore,
  type JsonObject,
  type JsonValue,
  type Sent,
} from '@trunkline/core';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeClock, type ChannelRequest } from '@trunkline/testing';
import { inTime } from '../../../scripts/test-support/in-time.ts';
import { SlackInput, type SlackOptions } from '../src/index.ts';
import { textAt } from '../src/parse/fields.ts';
import { HastyClock } from './support/clock.ts';
import { direct, fixture, form, interaction, json, newTs, said } from './support/requests.ts';
import { optionsFor, Scene } from './support/scene.ts';
import { Answer, BOT, CHANNEL, TEAM, TOKEN, type Call } from './support/slack.ts';

let scene: Scene;
afterEach(() => scene.close());

async function open(...args: Parameters<typeof Scene.open>): Promise<Scene> {
  scene = await Scene.open(...args);
  return scene;
}

const PLACE = { team: TEAM, channel: CHANNEL };

describe('where answers go', () => {
  it('where the user wrote: into the thread, if there is one', async () => {
    const { slack } = await open();
    scene.assistant = async (_message, reply) => void (await reply.text('Here'));
    const root = newTs();
    const mention = { text: `<@${BOT}> hi` };
    await scene.request(json(said(mention)));
    await scene.request(json(said({ ...mention, thread_ts: root })));
    await scene.over(2);
    const posts = slack.of('chat.postMessage');
    expect(posts.map(({ channel }) => channel)).toEqual([CHANNEL, CHANNEL]);
    expect(posts.map(({ thread_ts: thread }) => thread)).toEqual([undefined, root]);
  });

  it('always into a thread, if asked for', async () => {
    const { slack } = await open({ useThreads: true });
    scene.assistant = async (_message, reply) => void (await reply.text('Here'));
    const ts = newTs();
    await scene.request(json(said({ text: `<@${BOT}> hi`, ts })));
    await scene.over();
    expect(slack.of('chat.postMessage')).toMatchObject([{ thread_ts: ts }]);
  });

  it('by channel, by thread, by user, and by default, without a request', async () => {
    const { slack, channel } = await open({ channel: 'C9' });
    for (const address of [
      PLACE,
      { ...PLACE, thread: '1.5' },
      { team: TEAM, user: 'U000000001' },
      {},
    ]) {
      await channel.getOutputChannel(address).sendTextMessage('U1', 'Good morning');
    }
    expect(slack.of('chat.postMessage')).toMatchObject([
      { channel: CHANNEL },
      { channel: CHANNEL, thread_ts: '1.5' },
      { channel: 'U000000001' },
      { channel: 'C9' },
    ]);
  });

  // The story: an assistant was asked in a thread to tell another channel. What it told had the thread's time with
  // it, which is none of a message there.
  it('elsewhere, if JSON of Slack’s says so, and then in no thread but its own', async () => {
    const { slack, channel } = await open();
    const output = channel.getOutputChannel({ ...PLACE, thread: '1.5' });
    const elsewhere = { channel: 'C5' };
    const places = [elsewhere, { ...elsewhere, thread_ts: '2.5' }, { channel: CHANNEL }, {}];
    for (const place of places) await output.sendCustomJson('U1', { text: 'Hear', ...place });
    expect(
      slack.of('chat.postMessage').map(({ channel: id, thread_ts: thread }) => [id, thread]),
    ).toEqual([
      ['C5', undefined],
      ['C5', '2.5'],
      [CHANNEL, '1.5'],
      [CHANNEL, '1.5'],
    ]);
  });

  it('nowhere, if nothing says where', async () => {
    await open();
    expect(() => scene.channel.getOutputChannel({ team: TEAM })).toThrow(
      /name a channel or a user/,
    );
    const several = new SlackInput({ token: () => null, signingSecret: 's' });
    expect(() => several.getOutputChannel({ channel: 'C1' })).toThrow(/in no line yet/);
  });

  it('in any workspace that there is a token for (trap 24)', async () => {
    const asked: unknown[] = [];
    const token: SlackOptions['token'] = (team, installation) => {
      asked.push([team, installation]);
      return { T1: 'xoxb-one', E2: 'xoxb-two' }[team] ?? null;
    };
    const { slack, channel } = await open({ token });
    slack.knows('xoxb-one');
    slack.on('chat.postMessage', () => ({ ok: true, channel: 'C1', ts: '1.1' }));
    await channel.getOutputChannel({ team: 'T1', channel: 'C1' }).sendTextMessage('U1', 'a');
    const whole = { team: 'T2', enterprise: 'E2', channel: 'C1' };
    await channel.getOutputChannel(whole).sendTextMessage('U1', 'b');
    const nobody = channel.getOutputChannel({ team: 'T3', channel: 'C1' });
    await expect(nobody.sendTextMessage('U1', 'c')).rejects.toThrow(
      /no token for the workspace T3/,
    );
    expect(slack.calls.map((call) => call.token)).toEqual(['xoxb-one', 'xoxb-two']);
    expect(asked).toEqual([
      ['T1', { teamId: 'T1', enterpriseId: null }],
      ['E2', { teamId: 'T2', enterpriseId: 'E2' }],
      ['T3', { teamId: 'T3', enterpriseId: null }],
    ]);
  });
});

describe('an answer to a command where the bot is not', () => {
  const command = (): ReturnType<typeof form> =>
    form({ ...(fixture('slash-command') as Record<string, string>), team_id: TEAM });

  it.each(['channel_not_found', 'not_in_channel'])('goes to the user (%s)', async (error) => {
    const { slack } = await open();
    const { channel_id: place, user_id: user } = fixture('slash-command');
    slack.on('chat.postMessage', ({ args }) =>
      args['channel'] === place ? { ok: false, error } : { ok: true, channel: 'D1', ts: '1.1' },
    );
    slack.on('chat.update', () => ({ ok: true }));
    scene.assistant = async (_message, reply) => {
      expect((await reply.text('Sunny')).receipts).toMatchObject([{ channel: 'D1' }]);
      await reply.stream(
        (async function* () {
          yield 'Sunny, too';
        })(),
      );
    };
    await scene.request(command());
    await scene.over();
    expect(scene.errors).toEqual([]);
    const channels = slack.of('chat.postMessage').map(({ channel }) => channel);
    expect(channels).toEqual([place, user, place, user]);
  });

  it('goes to the user as well where it is to a shortcut below somebody’s message', async () => {
    const { slack } = await open({ status: false });
    const payload = fixture('message-action');
    const { id: user } = payload['user'] as JsonObject;
    slack.on('chat.postMessage', ({ args }) =>
      args['channel'] === user
        ? { ok: true, channel: 'D1', ts: '1.1' }
        : { ok: false, error: 'not_in_channel' },
    );
    scene.assistant = async (_message, reply) => void (await reply.text('In short: yes'));
    await scene.request(interaction(payload));
    await scene.over();
    expect(scene.errors).toEqual([]);
    const [first, second] = slack.of('chat.postMessage');
    expect(first).toMatchObject({ channel: 'C02BHPVE8', thread_ts: '1583637000.000100' });
    expect(second).toMatchObject({ channel: user });
    expect(second).not.toHaveProperty('thread_ts');
  });

  // The story: `/order` was answered with `ephemeral: true`, as commands are, and with a file. The text went
  // to direct messages where the bot was not in the channel; these two were lost.
  it('goes to the user as well where it is ephemeral, or a file', async () => {
    const { slack } = await open();
    const { channel_id: place, user_id: user } = fixture('slash-command');
    slack.on('chat.postEphemeral', () => ({ ok: false, error: 'channel_not_found' }));
    slack.on('chat.postMessage', () => ({ ok: true, channel: 'D1', ts: '1.1' }));
    slack.on('conversations.open', () => ({ ok: true, channel: { id: 'D1' } }));
    slack.on('files.completeUploadExternal', ({ args }) =>
      args['channel_id'] === place
        ? { ok: false, error: 'not_in_channel' }
        : { ok: true, files: [{ id: 'F1' }] },
    );
    slack.on('files.info', () => ({ ok: false, error: 'missing_scope' }));
    scene.assistant = async (_message, reply) => {
      await reply.text('Sunny', { ephemeral: true });
      await reply.attachment({ name: 'a.txt', content: 'hello' });
    };
    await scene.request(command());
    await scene.over();
    expect(scene.errors).toEqual([]);
    expect(slack.of('chat.postMessage')).toMatchObject([{ channel: user, text: 'Sunny' }]);
    expect(slack.of('chat.postMessage')[0]).not.toHaveProperty('user');
    const shared = slack.of('files.completeUploadExternal').map(({ channel_id: id }) => id);
    expect(shared).toEqual([place, 'D1']);
  });

  it('is not shown to the user if it was for another one', async () => {
    const { slack, channel } = await open();
    slack.on('chat.postEphemeral', () => ({ ok: false, error: 'not_in_channel' }));
    const output = channel.getOutputChannel({ ...PLACE, user: 'U1', orDirect: true });
    const sent = output.sendTextMessage('U1', 'x', { ephemeral: 'U2' });
    await expect(sent).rejects.toMatchObject({ platformCode: 'not_in_channel' });
    expect(slack.of('chat.postMessage')).toEqual([]);
  });

  it('goes nowhere else for an event, nor where JSON of Slack’s names the place', async () => {
    const { slack, channel } = await open();
    slack.on('chat.postMessage', () => ({ ok: false, error: 'channel_not_found' }));
    const asked = { ...PLACE, user: 'U1' };
    const sent = channel.getOutputChannel(asked).sendTextMessage('U1', 'x');
    await expect(sent).rejects.toMatchObject({ platformCode: 'channel_not_found' });
    const named = channel
      .getOutputChannel({ ...asked, orDirect: true })
      .sendCustomJson('U1', { channel: 'C5', text: 'x' });
    await expect(named).rejects.toMatchObject({ platformCode: 'channel_not_found' });
    expect(slack.of('chat.postMessage')).toHaveLength(2);
  });
});

describe('what is sent beside the text', () => {
  it('arguments of Slack’s own, and nothing else of a response', async () => {
    const { slack, channel } = await open();
    const output = channel.getOutputChannel(PLACE);
    await output.sendTextMessage('U1', 'x', {
      username: 'Bot',
      unfurl_links: false,
      reply_broadcast: 'yes',
      metadata: { nested: true },
      utter_action: 'utter_x',
    });
    expect(slack.of('chat.postMessage')).toEqual([
      {
        channel: CHANNEL,
        username: 'Bot',
        unfurl_links: false,
        text: 'x',
        blocks: [{ type: 'markdown', text: 'x' }],
      },
    ]);
  });

  it('all the arguments that a response may carry', async () => {
    const { slack, channel } = await open();
    const all = {
      username: 'Bot',
      icon_emoji: ':pizza:',
      icon_url: 'https://x.y/a.png',
      thread_ts: '7.7',
      parse: 'none',
      reply_broadcast: true,
      unfurl_links: false,
      unfurl_media: false,
      mrkdwn: false,
      link_names: true,
      metadata: { event_type: 'order', event_payload: { id: 1 } },
    };
    await channel.getOutputChannel(PLACE).sendTextMessage('U1', 'x', all);
    expect(slack.of('chat.postMessage')).toMatchObject([all]);
  });

  // The story: above the attachment of an assistant from Rasa, Slack showed its words once more.
  it('attachments of Slack’s own, without a text that would be shown above them', async () => {
    const { slack, channel } = await open();
    const own = { fallback: 'Red', color: '#f00', text: 'Red alert' };
    await channel.getOutputChannel(PLACE).sendAttachment('U1', own);
    expect(slack.of('chat.postMessage')).toEqual([{ channel: CHANNEL, attachments: [own] }]);
  });

  it('what only one user sees, and what is posted later', async () => {
    const { slack, channel } = await open();
    const output = channel.getOutputChannel({ ...PLACE, user: 'U000000001' });
    const postAt = Math.floor(Date.now() / 1000) + 3_600;
    await output.sendTextMessage('U1', 'psst', { ephemeral: true });
    await output.sendTextMessage('U1', 'later', { postAt });
    expect(slack.of('chat.postEphemeral')).toMatchObject([{ user: 'U000000001', text: 'psst' }]);
    expect(slack.of('chat.scheduleMessage')).toMatchObject([{ post_at: String(postAt) }]);
    expect(slack.of('chat.postMessage')).toEqual([]);
  });

  it('nothing where only one user is to see it, and later: it would be seen at once', async () => {
    const { slack, channel } = await open();
    const output = channel.getOutputChannel({ ...PLACE, user: 'U000000001' });
    const extra = { postAt: 2_000_000_000, ephemeral: true };
    const refused = { code: 'not_schedulable', retryable: false };
    await expect(output.sendResponse('U1', { text: 'psst', ...extra })).rejects.toMatchObject(
      refused,
    );
    await expect(output.sendResponseChunkStart('U1', extra)).rejects.toMatchObject(refused);
    expect(slack.calls.filter(({ method }) => method.startsWith('chat.'))).toEqual([]);
  });

  it('nothing where the time to post it at is no number: it would be seen at once', async () => {
    const { slack, channel } = await open();
    const output = channel.getOutputChannel(PLACE);
    const wrong: JsonValue[] = ['2000000000', '2033-05-18T03:33:20Z', { at: 1 }, false];
    for (const postAt of wrong) {
      const refused = { code: 'not_schedulable', retryable: false };
      const later = output.sendResponse('U1', { text: 'later', postAt });
      await expect(later).rejects.toMatchObject(refused);
      await expect(output.sendResponseChunkStart('U1', { postAt })).rejects.toMatchObject(refused);
    }
    expect(slack.calls.filter(({ method }) => method.startsWith('chat.'))).toEqual([]);
    await output.sendResponse('U1', { text: 'now', postAt: null });
    expect(slack.texts()).toEqual(['now']);
  });

  it('sections instead of cards, once a workspace was found to have none', async () => {
    const { slack, channel } = await open();
    slack.on('chat.postMessage', ({ args }) =>
      JSON.stringify(args['blocks']).includes('"carousel"')
        ? { ok: false, error: 'invalid_blocks' }
        : undefined,
    );
    const output = channel.getOutputChannel(PLACE);
    const cards = [{ title: 'A' }, { title: 'B' }];
    await output.sendElements('U1', cards);
    await output.sendElements('U1', cards);
    const types = slack
      .of('chat.postMessage')
      .map(({ blocks }) => (blocks as { type: string }[])[0]?.type);
    expect(types).toEqual(['carousel', 'section', 'section']);
  });

  // The story: an assistant sent a map to its web page, { type: 'map', … }. On Slack it was refused as a block, and
  // with it all that the assistant had to say.
  it('JSON as it is where Slack does not know its type as a block’s', async () => {
    const { slack, channel } = await open();
    slack.on('chat.postMessage', ({ args }) => {
      const [block] = args['blocks'] as JsonObject[];
      return ['map', 'section'].includes(textAt(block, 'type') ?? '')
        ? { ok: false, error: 'invalid_blocks' }
        : undefined;
    });
    const output = channel.getOutputChannel(PLACE);
    await output.sendResponse('U1', { custom: { type: 'map', at: [1, 2] } });
    const [shown] = slack.messages();
    expect(shown?.['text']).toContain('"map"');
    // Of one of Slack's own, it is said what is wrong.
    const wrong = output.sendResponse('U1', { custom: [{ type: 'section' }] });
    await expect(wrong).rejects.toMatchObject({ platformCode: 'invalid_blocks' });
    expect(slack.messages()).toHaveLength(1);
  });

  it('links instead of the images of cards, if Slack cannot fetch one', async () => {
    const { slack, channel } = await open();
    slack.on('chat.postMessage', ({ args }) =>
      JSON.stringify(args['blocks']).includes('"image"')
        ? { ok: false, error: 'invalid_blocks' }
        : undefined,
    );
    const output = channel.getOutputChannel(PLACE);
    const card = { title: 'A', imageUrl: 'https://intra/a.png', buttons: [{ title: 'Go' }] };
    await output.sendElements('U1', [card, card]);
    await output.sendElements('U1', [{ ...card, title: 'B'.repeat(200) }]);
    // That says nothing about cards.
    await output.sendElements('U1', [{ title: 'C' }]);
    const posted = slack.messages().map(({ blocks }) => JSON.stringify(blocks));
    expect(posted).toHaveLength(3);
    for (const text of posted.slice(0, 2)) expect(text).toContain('Image: https://intra/a.png');
    expect(posted[2]).toContain('"card"');
  });

  it('a link instead of an image that Slack cannot fetch', async () => {
    const { slack, channel } = await open();
    slack.next('chat.postMessage', {
      ok: false,
      error: 'invalid_blocks',
      response_metadata: {
        messages: ['[ERROR] downloading image failed [json-pointer:/blocks/0/image_url]'],
      },
    });
    await channel.getOutputChannel(PLACE).sendImageUrl('U1', 'https://intra/a.png');
    expect(slack.texts()).toEqual(['Image: https://intra/a.png']);
  });
});

describe('a handle on what was sent', () => {
  it('updates, reacts and deletes', async () => {
    const { slack } = await open();
    scene.assistant = async (_message, reply) => {
      const posted = scene.channel.posted(await reply.text('Working…'));
      await posted?.react('eyes');
      await posted?.react('eyes');
      await posted?.unreact('eyes');
      await posted?.unreact('eyes');
      await posted?.update({ text: 'Done', buttons: [{ title: 'Thanks' }] });
      const other = scene.channel.posted(await reply.text('Gone'));
      await other?.delete();
      await other?.delete();
    };
    await scene.request(json(direct('Hi')));
    await scene.over();
    expect(scene.errors).toEqual([]);
    expect(slack.texts('DU1')).toEqual(['Done']);
    expect(slack.of('chat.update')).toMatchObject([
      { blocks: [{ type: 'markdown' }, { type: 'actions' }] },
    ]);
    expect(slack.of('reactions.add')).toHaveLength(2);
  });

  it('changes it to Markdown with no text beside it, as it is posted (trap 16)', async () => {
    const { slack, channel } = await open();
    const markdown = { custom: { markdown_text: '**Done**', text: 'Done' } };
    for (const method of ['chat.postMessage', 'chat.update']) {
      slack.on(method, () => ({ ok: true, channel: CHANNEL, ts: '1.0' }));
    }
    await channel.getOutputChannel(PLACE).sendResponse('U1', markdown);
    const posted = channel.posted({ receipts: [{ team: TEAM, channel: CHANNEL, ts: '1.0' }] });
    await posted?.update(markdown);
    for (const call of [...slack.of('chat.postMessage'), ...slack.of('chat.update')]) {
      expect(call).toMatchObject({ markdown_text: '**Done**' });
      expect(call).not.toHaveProperty('text');
    }
    await posted?.update({ custom: { attachments: [{ fallback: 'Done' }] } });
    expect(slack.of('chat.update')[1]).toMatchObject({ text: '' });
  });

  // The story: cards were sections where Slack has no carousel, and the update of a message with the same cards
  // was refused.
  it('shows in an update what a post would show where Slack refuses the blocks', async () => {
    const { slack, channel } = await open();
    const refusing =
      (part: string) =>
      ({ args }: Call) =>
        JSON.stringify(args['blocks'])?.includes(part)
          ? { ok: false, error: 'invalid_blocks' }
          : { ok: true };
    slack.on('chat.update', refusing('"carousel"'));
    const posted = channel.posted({ receipts: [{ team: TEAM, channel: CHANNEL, ts: '1.0' }] });
    const elements = [{ title: 'A' }, { title: 'B' }];
    await posted?.update({ elements });
    await posted?.update({ elements });
    const types = slack
      .of('chat.update')
      .map(({ blocks }) => (blocks as { type: string }[])[0]?.type);
    expect(types).toEqual(['carousel', 'section', 'section']);
  });

  it('keeps a payload that is too long for the button that an update has (trap 14)', async () => {
    const { slack } = await open();
    const payload = `/long ${'x'.repeat(2_500)}`;
    scene.assistant = async (message, reply) => {
      if (message.choice !== null) return;
      const posted = scene.channel.posted(await reply.text('Working…'));
      await posted?.update({ text: 'Done', buttons: [{ title: 'More', payload }] });
    };
    await scene.request(json(direct('Hi')));
    await scene.over();
    const [{ blocks } = {}] = slack.of('chat.update');
    const [, { elements }] = blocks as unknown as [unknown, { elements: JsonObject[] }];
    const pressed = { ...fixture('block-actions-button'), team: { id: TEAM }, actions: elements };
    await scene.request(interaction(pressed));
    await scene.over(2);
    expect(scene.said).toEqual(['Hi', payload]);
  });

  it('calls off what is scheduled', async () => {
    const { slack, channel } = await open();
    let sent: Sent | null = null;
    scene.assistant = async (_message, reply) => {
      sent = await reply.text('later', { postAt: Math.floor(Date.now() / 1000) + 3_600 });
      const posted = channel.posted(sent);
      expect(posted?.ts).toBeNull();
      await posted?.delete();
      const error = 'invalid_scheduled_message_id';
      slack.next('chat.deleteScheduledMessage', { ok: false, error });
      await posted?.delete();
      await expect(posted?.update('x')).rejects.toThrow(/not there yet/);
    };
    await scene.request(json(direct('Hi')));
    await scene.over();
    expect(scene.errors).toEqual([]);
    expect(slack.of('chat.deleteScheduledMessage')).toHaveLength(2);
  });

  it('is none of what nobody can name', async () => {
    const { channel } = await open();
    expect(channel.posted({ receipts: [] })).toBeNull();
    const ephemeral = channel.posted({
      receipts: [{ team: TEAM, channel: 'C1', ts: '1', ephemeral: true }],
    });
    await expect(ephemeral?.delete()).rejects.toThrow(/response_url/);
    const message = channel.posted({ receipts: [{ team: TEAM, channel: CHANNEL, ts: '1.0' }] });
    await expect(message?.update('x'.repeat(20_000))).rejects.toThrow(/one message/);
    await expect(message?.update('x')).rejects.toThrow(DeliveryError);
  });
});

describe('retries (traps 1 to 3)', () => {
  const delivery = { retryMs: 60_000 };

  it('a post that was answered with 500 is not repeated by the SDK', async () => {
    const { slack, channel } = await open();
    slack.on('chat.postMessage', () => new Answer(500, 'oops'));
    const output = channel.getOutputChannel(PLACE);
    await expect(output.sendTextMessage('U1', 'x')).rejects.toMatchObject({
      retryable: true,
      mayHaveArrived: true,
      platformCode: 'http_500',
    });
    expect(slack.of('chat.postMessage')).toHaveLength(1);
  });

  it('what is asked for with Slack’s own client is not repeated, nor held up', async () => {
    const { slack, channel } = await open();
    const client = await channel.client();
    const post = (): Promise<unknown> =>
      client.apiCall('chat.postMessage', { channel: CHANNEL, text: 'x' });
    slack.next('chat.postMessage', new Answer(500, 'oops'));
    await expect(post()).rejects.toMatchObject({ code: 'slack_webapi_http_error' });
    slack.next('chat.postMessage', new Answer(429, '', { 'retry-after': '30' }));
    await expect(post()).rejects.toMatchObject({ retryAfter: 30 });
    await post();
    expect(slack.of('chat.postMessage')).toHaveLength(3);
  });

  it('buttons whose payloads cannot be stored are not sent, and are tried again', async () => {
    const store = new MemoryStore();
    store.values.set = async () => {
      throw new Error('disk full');
    };
    const { slack, channel } = await open({}, { store });
    const buttons = [{ title: 'Long', payload: 'x'.repeat(3_000) }];
    const sent = channel.getOutputChannel(PLACE).sendTextWithButtons('U1', 'Which?', buttons);
    await expect(sent).rejects.toMatchObject({ retryable: true, mayHaveArrived: false });
    expect(slack.of('chat.postMessage')).toEqual([]);
  });

  it('a hung connection ends after the time-out', async () => {
    const { slack, channel } = await open({ timeoutMs: 300 });
    let release: () => void = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    slack.on('chat.postMessage', () => held);
    const output = channel.getOutputChannel(PLACE);
    // Sooner than by the time-out that it has without the option, of ten seconds.
    await expect(inTime(9_000, output.sendTextMessage('U1', 'x'))).rejects.toMatchObject({
      retryable: true,
      mayHaveArrived: true,
    });
    release();
  });

  it('a limit of one method holds up no other, and no other workspace', async () => {
    const { slack, channel } = await open({
      token: (team) => `xoxb-${team}`,
      clock: new HastyClock(),
    });
    for (const token of ['xoxb-T1', 'xoxb-T2']) slack.knows(token);
    slack.next('chat.postMessage', new Answer(429, '', { 'retry-after': '30' }));
    const one = channel.getOutputChannel({ team: 'T1', channel: CHANNEL });
    const failure = { retryable: true, mayHaveArrived: false, platformCode: 'ratelimited' };
    await expect(one.sendTextMessage('U1', 'x')).rejects.toMatchObject({
      ...failure,
      retryAfterMs: 30_000,
    });
    // Slack is not even asked.
    const again = one.sendTextMessage('U1', 'x');
    await expect(again).rejects.toMatchObject(failure);
    expect(slack.of('chat.postMessage')).toHaveLength(1);
    await channel
      .getOutputChannel({ team: 'T2', channel: CHANNEL })
      .sendTextMessage('U1', 'other workspace');
    const posted = channel.posted({ receipts: [{ team: 'T1', channel: CHANNEL, ts: '1.0' }] });
    await posted?.delete();
    expect(slack.texts()).toEqual(['other workspace']);
  });

  // The story: tokens were rotated while turns ran. A turn had asked for its token just before, and Slack said that
  // it was over its time: what was to be said was lost, and the next token was there.
  it.each([
    ['is refreshed', ['xoxb-old', 'xoxb-new'], ['xoxb-old', 'xoxb-new']],
    ['is not refreshed', ['xoxb-old', 'xoxb-old'], ['xoxb-old']],
    ['is over again at once', ['xoxb-old', 'xoxb-older', 'xoxb-new'], ['xoxb-old', 'xoxb-older']],
  ])('a token that is over its time, and %s, is asked for once more', async (_, tokens, used) => {
    const given = [...tokens];
    const { slack, channel } = await open({ token: () => given.shift() ?? null });
    slack.knows('xoxb-new');
    slack.on('chat.postMessage', ({ token }) =>
      token === 'xoxb-new' ? undefined : { ok: false, error: 'token_expired' },
    );
    const sent = channel.getOutputChannel(PLACE).sendTextMessage('U1', 'x');
    if (used.includes('xoxb-new')) await sent;
    else await expect(sent).rejects.toMatchObject({ platformCode: 'token_expired' });
    expect(slack.calls.map(({ token }) => token)).toEqual(used);
  });

  it('a token with a line break is named as what is wrong, and nothing is sent', async () => {
    const { slack, channel } = await open({ token: () => 'xoxb-secret\n' });
    const sent = channel.getOutputChannel(PLACE).sendTextMessage('U1', 'x');
    const error: unknown = await sent.catch((thrown: unknown) => thrown);
    const failure = { retryable: false, mayHaveArrived: false, platformCode: 'not_authed' };
    expect(error).toMatchObject(failure);
    expect(String(error)).toMatch(/malformed/);
    expect(String(error)).not.toContain('secret');
    expect(slack.of('chat.postMessage')).toEqual([]);
  });

  it('a limit without a time is one of some seconds', async () => {
    const { slack, channel } = await open();
    slack.next('chat.postMessage', new Answer(429));
    const sent = channel.getOutputChannel(PLACE).sendTextMessage('U1', 'x');
    await expect(sent).rejects.toMatchObject({ retryable: true, retryAfterMs: 5_000 });
  });

  it('a turn waits as long as Slack asks for, and says it once', async () => {
    const clock = new HastyClock();
    const { slack } = await open({ clock }, { delivery, clock });
    slack.next('chat.postMessage', new Answer(429, '', { 'retry-after': '20' }));
    slack.next('chat.postMessage', { ok: false, error: 'service_unavailable' });
    scene.assistant = async (_message, reply) => void (await reply.text('At last'));
    await scene.request(json(direct('Hi')));
    await scene.over();
    expect(slack.texts('DU1')).toEqual(['At last']);
  });

  it('Slack is asked for what may have arrived, if the option says so', async () => {
    const clock = new HastyClock();
    const { slack } = await open({ findSent: true, clock }, { delivery, clock });
    const posts: JsonObject[] = [];
    slack.on('chat.postMessage', ({ args }) => {
      posts.push({ ...args, ts: '5.5', text: 'x' });
      return new Answer(502, 'lost');
    });
    slack.on('conversations.history', () => ({ ok: true, messages: posts }));
    scene.assistant = async (_message, reply) => {
      const { receipts } = await reply.text('Once');
      expect(receipts).toMatchObject([{ channel: 'DU1', ts: '5.5' }]);
    };
    await scene.request(json(direct('Hi')));
    await scene.over();
    expect(scene.errors).toEqual([]);
    expect(posts).toHaveLength(1);
    expect(posts[0]).toMatchObject({ metadata: { event_type: 'trunkline_step' } });
  });

  it('and what was said before it is another message', async () => {
    const clock = new HastyClock();
    const { slack } = await open({ findSent: true, clock }, { delivery, clock });
    const posts: JsonObject[] = [];
    slack.on('chat.postMessage', ({ args }) => {
      const isLost = posts.length === 1;
      posts.push({ ...args, ts: `5.${posts.length}` });
      return isLost ? new Answer(502, 'lost') : { ok: true, channel: 'DU1', ts: '5.9' };
    });
    slack.on('conversations.history', () => ({ ok: true, messages: posts.slice(0, 1) }));
    scene.assistant = async (_message, reply) => {
      for (const text of ['One', 'Two']) await reply.text(text);
    };
    await scene.request(json(direct('Hi')));
    await scene.over();
    expect(posts.map(({ text }) => text)).toEqual(['One', 'Two', 'Two']);
  });

  it('and where too much was said since, whenUnknown decides', async () => {
    const clock = new HastyClock();
    const { slack } = await open({ findSent: true, clock }, { delivery, clock });
    slack.next('chat.postMessage', new Answer(502, 'lost'));
    slack.on('conversations.history', () => ({
      ok: true,
      messages: [],
      response_metadata: { next_cursor: 'more' },
    }));
    scene.assistant = async (_message, reply) => void (await reply.text('Once'));
    await scene.request(json(direct('Hi')));
    await scene.over();
    expect(slack.of('conversations.history')).toHaveLength(5);
    expect(slack.texts('DU1')).toEqual(['Once']);
    expect(scene.errors).toMatchObject([{ context: { stage: 'send' } }]);
  });

  it('and it is sent again if it is not there', async () => {
    const clock = new HastyClock();
    const { slack } = await open({ findSent: true, clock }, { delivery, clock });
    slack.next('chat.postMessage', new Answer(502, 'lost'));
    scene.assistant = async (_message, reply) => void (await reply.text('Once'));
    const root = newTs();
    await scene.request(json(said({ text: `<@${BOT}> hi`, thread_ts: root })));
    await scene.over();
    expect(slack.of('conversations.replies')).toMatchObject([{ channel: CHANNEL, ts: root }]);
    // From when the message came, less what the clocks may differ by: a long thread has many pages.
    const [{ oldest } = {}] = slack.of('conversations.replies');
    const begun = clock.now() / 1000 - Number(oldest);
    expect(begun).toBeGreaterThan(299);
    expect(begun).toBeLessThan(400);
    expect(slack.texts()).toEqual(['Once']);
  });
});

// The story: the answer to a form, whose request was never answered, was looked for in the channel "U1". There is
// no such channel, nothing was found out, and with `whenUnknown: 'resend'` it was said twice.
describe('what was said to a user', () => {
  const delivery = { retryMs: 60_000, whenUnknown: 'resend' as const };

  it.each<[string, ChannelRequest]>([
    [
      'where they were in no channel',
      interaction({ ...fixture('view-submission'), team: { id: TEAM } }),
    ],
    [
      'where the bot is not in theirs',
      form({ ...(fixture('slash-command') as Record<string, string>), team_id: TEAM }),
    ],
  ])('is looked for in their direct messages: %s', async (_, request) => {
    const clock = new HastyClock();
    const { slack } = await open({ findSent: true, clock }, { delivery, clock });
    const posts: JsonObject[] = [];
    slack.on('chat.postMessage', ({ args }) => {
      if (textAt(args, 'channel')?.startsWith('C') === true)
        return { ok: false, error: 'not_in_channel' };
      posts.push({ ...args, ts: '5.5' });
      return new Answer(502, 'lost');
    });
    slack.on('conversations.open', () => ({ ok: true, channel: { id: 'D9' } }));
    slack.on('conversations.history', ({ args }) =>
      args['channel'] === 'D9'
        ? { ok: true, messages: posts }
        : { ok: false, error: 'channel_not_found' },
    );
    scene.assistant = async (message, reply) => {
      const { receipts } = await reply.text('Once');
      expect(receipts).toMatchObject([{ channel: 'D9', ts: '5.5' }]);
    };
    await scene.request(request);
    await scene.over();
    expect(scene.errors).toEqual([]);
    expect(posts).toHaveLength(1);
  });

  // The story: with `chat:write.public` the bot posts in channels that it is not in, and cannot read. What was said
  // in one was looked for in the user's direct messages, was not there, and was said twice.
  it.each([
    ['said in a channel that cannot be read', true, 1],
    ['not said where it is refused', false, 2],
  ])('and not being there is known as far as Slack tells: %s', async (_, isPublic, times) => {
    const clock = new HastyClock();
    const assuming = { retryMs: 60_000, whenUnknown: 'assume-sent' as const };
    const { slack } = await open({ findSent: true, clock }, { delivery: assuming, clock });
    const posts: string[] = [];
    slack.on('chat.postMessage', ({ args }) => {
      const channel = textAt(args, 'channel') ?? '';
      if (channel.startsWith('C') && !isPublic) return { ok: false, error: 'not_in_channel' };
      posts.push(channel);
      return posts.length === 1 ? new Answer(502, 'lost') : { ok: true, channel, ts: '6.6' };
    });
    slack.on('conversations.open', () => ({ ok: true, channel: { id: 'D9' } }));
    slack.on('conversations.history', ({ args }) =>
      args['channel'] === 'D9'
        ? { ok: true, messages: [] }
        : { ok: false, error: 'not_in_channel' },
    );
    scene.assistant = async (_message, reply) => void (await reply.text('Once'));
    const command = fixture('slash-command') as Record<string, string>;
    await scene.request(form({ ...command, team_id: TEAM }));
    await scene.over();
    expect(posts).toHaveLength(times);
  });
});

// The story: a reminder was scheduled and Slack's answer was lost. It was looked for in the channel, where it
// cannot be yet, counted as not sent, and was scheduled again.
describe('what Slack cannot be asked for', () => {
  const delivery = { retryMs: 60_000, whenUnknown: 'assume-sent' as const };

  it.each<[string, string, JsonObject]>([
    ['scheduled', 'chat.scheduleMessage', { postAt: 2_000_000_000 }],
    ['shown to one user', 'chat.postEphemeral', { ephemeral: true }],
    ['with metadata of its own', 'chat.postMessage', { metadata: { event_type: 'mine' } }],
  ])('is not sent again for not being found: what is %s', async (_, method, extra) => {
    const clock = new HastyClock();
    const { slack } = await open({ findSent: true, clock }, { delivery, clock });
    slack.on(method, () => new Answer(502, 'lost'));
    scene.assistant = async (_message, reply) => void (await reply.text('Once', extra));
    await scene.request(json(said({ text: `<@${BOT}> hi` })));
    await scene.over();
    expect(slack.of(method)).toHaveLength(1);
    expect(slack.of('conversations.history')).toEqual([]);
    expect(scene.errors).toEqual([]);
  });

  it.each<[string, JsonObject, JsonObject]>([
    ['another thread', { text: 'x', thread_ts: '7.7' }, { ts: '7.7', channel: CHANNEL }],
    ['another channel', { text: 'x', thread_ts: '7.7', channel: 'C9' }, { channel: 'C9' }],
  ])('is looked for where it was posted: %s', async (_, custom, asked) => {
    const clock = new HastyClock();
    const { slack } = await open({ findSent: true, clock }, { delivery, clock });
    slack.on('chat.postMessage', () => new Answer(502, 'lost'));
    slack.on('conversations.replies', () => ({
      ok: true,
      messages: slack.of('chat.postMessage').map((args) => ({ ...args, ts: '8.8' })),
    }));
    scene.assistant = async (_message, reply) => void (await reply.custom(custom));
    await scene.request(json(said({ text: `<@${BOT}> hi` })));
    await scene.over();
    expect(slack.of('chat.postMessage')).toHaveLength(1);
    expect(slack.of('conversations.replies')).toMatchObject([asked]);
  });
});

describe('the status (trap 22)', () => {
  const root = (): JsonObject => said({ text: `<@${BOT}> hi`, thread_ts: newTs() });
  const statuses = (): unknown[] =>
    scene.slack.of('assistant.threads.setStatus').map(({ status }) => status);

  it('is there while a turn runs, and is taken away when nothing was said', async () => {
    await open();
    scene.assistant = async () => {
      while (statuses().length === 0) await new Promise((resolve) => setImmediate(resolve));
    };
    await scene.request(json(root()));
    await scene.over();
    await scene.channel.close();
    expect(statuses()).toEqual(['is typing…', '']);
  });

  it('is left to Slack when something was said, which takes it away itself', async () => {
    await open();
    scene.assistant = async (_message, reply) => {
      while (statuses().length === 0) await new Promise((resolve) => setImmediate(resolve));
      await new Promise((resolve) => setImmediate(resolve));
      await reply.text('Hello');
    };
    await scene.request(json(root()));
    await scene.over();
    await scene.channel.close();
    expect(statuses()).toEqual(['is typing…']);
  });

  it('is taken away when it was set after a fast answer', async () => {
    await open();
    let answered: () => void = () => {};
    const isAnswered = new Promise<void>((resolve) => (answered = resolve));
    scene.slack.next('assistant.threads.setStatus', async () => {
      await isAnswered;
      return { ok: true };
    });
    scene.assistant = async (_message, reply) => {
      await reply.text('Hello');
      answered();
    };
    await scene.request(json(root()));
    await scene.over();
    await scene.channel.close();
    expect(statuses()).toEqual(['is typing…', '']);
  });

  it('is taken away when the assistant fails', async () => {
    await open();
    scene.assistant = async () => {
      while (statuses().length === 0) await new Promise((resolve) => setImmediate(resolve));
      throw new Error('oops');
    };
    await scene.request(json(root()));
    await scene.over();
    await scene.channel.close();
    expect(statuses()).toEqual(['is typing…', '']);
  });

  it('is not asked for in vain, nor where it is not wanted', async () => {
    await open();
    scene.slack.on('assistant.threads.setStatus', () => ({ ok: false, error: 'unknown_method' }));
    for (const event of [root(), root()]) {
      await scene.request(json(event));
      await scene.over(scene.messages.length);
      while (statuses().length === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await scene.request(json(direct('no thread')));
    await scene.over(3);
    await scene.channel.close();
    expect(statuses()).toHaveLength(1);
  });

  it('may be switched off', async () => {
    await open({ status: false });
    await scene.request(json(root()));
    await scene.over();
    await scene.channel.close();
    expect(statuses()).toEqual([]);
  });
});

describe('streams', () => {
  it('are Slack’s own, in a thread, and one step of the turn', async () => {
    const { slack } = await open({ status: false });
    scene.assistant = async (_message, reply) => {
      await reply.stream(
        (async function* () {
          yield 'Once ';
          yield 'upon ';
          yield 'a time';
        })(),
      );
      await reply.text('The end');
    };
    await scene.request(json(said({ text: `<@${BOT}> hi`, thread_ts: newTs() })));
    await scene.over();
    expect([...slack.streams.all.values()]).toMatchObject([
      { text: 'Once upon a time', isOpen: false },
    ]);
    expect(slack.texts()).toEqual(['The end']);
  });

  it('that the platform breaks off are said whole, once', async () => {
    // The line's own clock: a hasty one would give the platform no time to close the stream.
    const delivery = { retryMs: 0, firstDelayMs: 1 };
    const { slack } = await open({ status: false, clock: new HastyClock() }, { delivery });
    slack.next('chat.appendStream', { ok: false, error: 'service_unavailable' });
    scene.assistant = async (_message, reply) => {
      const { status } = await reply.stream(
        (async function* () {
          yield 'Once upon a time';
        })(),
      );
      expect(status).toBe('pending');
    };
    await scene.request(json(said({ text: `<@${BOT}> hi`, thread_ts: newTs() })));
    await scene.over();
    expect(scene.errors.map(({ error }) => error.message)).toEqual([]);
    expect(slack.streams.all.size).toBe(0);
    expect(slack.texts()).toEqual(['Once upon a time']);
  });

  // The story: Slack wanted an answer to wait, and the user stopped it meanwhile. It was taken away from them, and
  // said whole.
  it('that the user stops while they wait for Slack are not said, and end the turn', async () => {
    const delivery = { retryMs: 0, firstDelayMs: 1 };
    const { slack } = await open({ status: false, clock: new HastyClock() }, { delivery });
    slack.next('chat.appendStream', new Answer(429, '', { 'retry-after': '0' }));
    slack.on('chat.stopStream', () => ({ ok: false, error: 'stopped_by_user' }));
    scene.assistant = async (_message, reply) => {
      await reply.stream(
        (async function* () {
          yield 'Once upon a time';
        })(),
      );
      await reply.text('And another one');
    };
    await scene.request(json(said({ text: `<@${BOT}> hi`, thread_ts: newTs() })));
    await scene.over();
    expect(scene.turns).toMatchObject([{ outcome: 'aborted' }]);
    expect(slack.texts()).toEqual([]);
    expect(slack.of('chat.delete')).toEqual([]);
  });

  // The story: Slack had ended a stream and put the buttons below it, and its answer was lost. Asked again, it said
  // that the stream was over, and the buttons were said once more, in a message of their own.
  it('have their buttons once where the answer to their end was lost', async () => {
    const clock = new HastyClock();
    const { slack } = await open({ status: false, clock }, { clock });
    slack.next('chat.stopStream', ({ args }: Call) => {
      slack.streams.answer('chat.stopStream', args);
      return new Answer(502, 'lost');
    });
    scene.assistant = async (_message, reply) => {
      const quickReplies = [{ title: 'Yes' }, { title: 'No' }];
      await reply.stream(
        (async function* () {
          yield 'Shall I?';
        })(),
        { quickReplies },
      );
    };
    await scene.request(json(said({ text: `<@${BOT}> hi`, thread_ts: newTs() })));
    await scene.over();
    expect(scene.errors).toEqual([]);
    expect(slack.of('chat.postMessage')).toEqual([]);
    const [stream] = slack.streams.all.values();
    expect(stream?.text).toBe('Shall I?');
    const shown = slack.of('chat.update').at(-1) ?? slack.of('chat.stopStream')[0];
    expect(JSON.stringify(shown?.['blocks'])).toContain('"No"');
  });

  it('that the user stops end the turn', async () => {
    const { slack } = await open({ status: false });
    slack.on('chat.appendStream', () => ({ ok: false, error: 'stopped_by_user' }));
    scene.assistant = async (_message, reply) => {
      await reply.stream(
        (async function* () {
          for (;;) {
            yield 'more ';
            await new Promise((resolve) => setTimeout(resolve, 5));
            reply.signal.throwIfAborted();
          }
        })(),
      );
    };
    await scene.request(json(said({ text: `<@${BOT}> hi`, thread_ts: newTs() })));
    await scene.over();
    expect(scene.turns).toMatchObject([{ outcome: 'aborted' }]);
    expect(slack.texts()).toEqual([]);
  });
});

describe('the token', () => {
  it('is looked at in the background, and what is wrong with it is said', async () => {
    const lines: string[] = [];
    const log = (_fields: unknown, message: string): void => void lines.push(message);
    const logger = { debug() {}, info() {}, warn: log, error: log };
    await open({ token: 'xoxb-wrong', logger });
    await expect(scene.channel.ready()).rejects.toMatchObject({
      name: 'ConfigurationError',
      code: 'slack_token',
      message: expect.stringMatching(/^\[slack\] .*invalid_auth.*OAuth & Permissions/) as string,
    });
    expect(lines.join()).toContain('OAuth & Permissions');
    expect(lines.join()).not.toContain('xoxb-wrong');
  });

  it('is asked for again when Slack was away, and the server has started meanwhile', async () => {
    await open();
    const clock = new HastyClock();
    scene.slack.next('auth.test', new Answer(503), 2);
    const channel = new SlackInput(optionsFor(scene.slack, { clock, name: 'other' }));
    channel.routes({} as never);
    await channel.ready();
    while (scene.slack.of('auth.test').length < 4)
      await new Promise((resolve) => setImmediate(resolve));
    await channel.close();
  });

  // Closed while it was being asked for, the channel went on asking every half a minute.
  it('is not asked for again once the channel is closed', async () => {
    await open();
    const clock = new FakeClock();
    const channel = new SlackInput(optionsFor(scene.slack, { clock, name: 'other' }));
    channel.routes({} as never);
    await channel.close();
    await channel.ready();
    expect(clock.pending).toBe(0);
  });

  it('and the signing secret are in no error and no log, whatever fails', async () => {
    const lines: string[] = [];
    const log = (fields: unknown, message: string): void => {
      const { err } = fields as { err?: Error };
      lines.push(
        message,
        JSON.stringify(fields),
        String(err?.stack),
        String(err?.cause),
        JSON.stringify(err),
      );
    };
    const logger = { debug: log, info: log, warn: log, error: log };
    const clock = new HastyClock();
    await open({ logger, clock }, { logger, clock });
    const secretText = 'a secret of the user';
    const answers = [
      new Answer(500, `Bearer ${TOKEN} ${secretText}`),
      {
        ok: false,
        error: 'invalid_blocks',
        response_metadata: { messages: [`[ERROR] ${secretText}`] },
      },
    ];
    for (const answer of answers) scene.slack.next('chat.postMessage', answer);
    scene.assistant = async (_message, reply) => void (await reply.text(secretText));
    await scene.request(json(direct(secretText)));
    await scene.over();
    expect(lines.length).toBeGreaterThan(0);
    for (const secret of [TOKEN, 'foobar', secretText])
      expect(lines.join('\n')).not.toContain(secret);
  });
});
