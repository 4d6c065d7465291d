import { isJsonObject, MemoryStore, type JsonObject, type Store } from '@trunkline/core';
import type { ChannelRequest } from '@trunkline/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { inTime } from '../../../scripts/test-support/in-time.ts';
import { textAt } from '../src/parse/fields.ts';
import {
  direct,
  fixture,
  form,
  interaction,
  json,
  newTs,
  said,
  signed,
} from './support/requests.ts';
import { Scene } from './support/scene.ts';
import { Answer, BOT, CHANNEL, SECRET, Slack, TEAM, TOKEN } from './support/slack.ts';
import type { PostedMessage, SlackOptions } from '../src/index.ts';

let scene: Scene;
afterEach(() => scene.close());

async function open(...args: Parameters<typeof Scene.open>): Promise<Scene> {
  scene = await Scene.open(...args);
  return scene;
}

/** An interaction of the test's own workspace. */
function clicked(name: string, changes: object = {}): ReturnType<typeof fixture> {
  const payload = fixture(name);
  const { message } = payload;
  // What was pressed is of the workspace, too.
  const own = isJsonObject(message) ? { message: { ...message, team: TEAM } } : {};
  return { ...payload, ...own, team: { id: TEAM }, trigger_id: newTs(), ...changes };
}

describe('events', () => {
  it('are acknowledged with an empty 200, before the assistant is done', async () => {
    const { slack } = await open();
    let finish: () => void = () => {};
    const held = new Promise<void>((resolve) => (finish = resolve));
    scene.assistant = async (message, reply) => {
      await held;
      await reply.text(`You said: ${message.text}`);
    };
    expect(await scene.request(json(direct('Hi')))).toMatchObject({ status: 200, body: '' });
    expect(scene.turns).toEqual([]);
    finish();
    await scene.over();
    expect(slack.texts('DU1')).toEqual(['You said: Hi']);
  });

  it('prove that the URL is ours', async () => {
    await open();
    const answer = await scene.request(json(fixture('url-verification')));
    expect(answer).toMatchObject({
      status: 200,
      body: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P',
    });
    const unsigned = json(fixture('url-verification'), { secret: 'wrong' });
    expect((await scene.request(unsigned)).status).toBe(401);
  });

  it('are one turn, however often Slack sends them, and no retry is dropped (traps 4, 5)', async () => {
    await open();
    const event = direct('Once');
    const retry = { 'x-slack-retry-num': '1', 'x-slack-retry-reason': 'http_timeout' };
    // The first one that gets here is itself a retry.
    expect((await scene.request(json(event, { headers: retry }))).status).toBe(200);
    await scene.over();
    const again = await scene.request(json(event));
    expect(again.status).toBe(200);
    expect(again.headers).not.toHaveProperty('x-slack-no-retry');
    await scene.request(json(direct('Another')));
    await scene.over(2);
    expect(scene.said).toEqual(['Once', 'Another']);
  });

  // Answered outside of its thread, a question's buttons began a conversation each: an order lost its state.
  it('and presses below their answers are one conversation, also where each thread is one', async () => {
    await open({ conversationGranularity: 'thread' });
    scene.assistant = (_message, reply) =>
      reply.buttons('What size?', [{ title: 'Small', payload: '/small' }]);
    const ts = newTs();
    await scene.request(json(said({ text: `<@${BOT}> order`, ts })));
    await scene.over();
    const [posted] = scene.slack.of('chat.postMessage');
    expect(posted).toMatchObject({ channel: CHANNEL, thread_ts: ts });
    const message = { ts: newTs(), thread_ts: posted?.['thread_ts'] ?? null };
    const place = { channel: { id: CHANNEL }, user: { id: 'U1', team_id: TEAM }, message };
    await scene.request(interaction(clicked('block-actions-button', place)));
    await scene.over(2);
    const senders = scene.messages.map(({ senderId }) => senderId);
    expect(senders).toEqual([`U1_${CHANNEL}_${ts}`, `U1_${CHANNEL}_${ts}`]);
  });

  it('of one place are noted once: where a user is reached does not change with each message', async () => {
    const store = new MemoryStore();
    const noted: string[] = [];
    const append = store.lists.append.bind(store.lists);
    store.lists.append = (namespace, ...rest) => {
      noted.push(namespace);
      return append(namespace, ...rest);
    };
    await open({}, { store });
    for (const text of ['One', 'Two', 'Three']) await scene.request(json(direct(text)));
    await scene.over(3);
    expect(noted.filter((namespace) => namespace === 'last-seen')).toHaveLength(1);
  });

  it('of a mention and of the post itself are one turn (trap 6)', async () => {
    await open();
    const ts = newTs();
    const text = `<@${BOT}> hello`;
    await scene.request(json(said({ type: 'app_mention', channel_type: null, text, ts })));
    await scene.request(json(said({ text, ts })));
    await scene.request(json(direct('After')));
    await scene.over(2);
    expect(scene.said).toEqual(['hello', 'After']);
  });

  it('of the bot’s own posts start nothing (trap 7)', async () => {
    const { slack } = await open();
    slack.sendEventsTo(`${scene.url}/webhook`);
    scene.assistant = async (_message, reply) => void (await reply.text('Hello'));
    await scene.request(json(direct('Hi')));
    await scene.over();
    expect(slack.texts('DU1')).toEqual(['Hello']);
    expect(scene.said).toEqual(['Hi']);
  });

  it('in a thread count once the bot was mentioned there, and once it has spoken there', async () => {
    await open();
    const root = newTs();
    const inThread = (text: string, thread = root): Promise<unknown> =>
      scene.request(json(said({ text, thread_ts: thread, parent_user_id: 'U1' })));
    await inThread('nobody is asked');
    await scene.request(json(said({ text: `<@${BOT}> you there?`, thread_ts: root })));
    await inThread('and this?');
    await scene.over(2);
    const spoken = newTs();
    const output = scene.channel.getOutputChannel({ team: TEAM, channel: CHANNEL, thread: spoken });
    await output.sendTextMessage('U1', 'Good morning');
    await inThread('good morning', spoken);
    await inThread('not here', newTs());
    await scene.over(3);
    expect(scene.said).toEqual(['you there?', 'and this?', 'good morning']);
  });

  // The story: a server that started posted its news at once. Whose its token is was not known yet, and what
  // was answered below the news was not heard.
  it('in a thread count where it has spoken before Slack has said whose the token is', async () => {
    const slack = await Slack.open();
    slack.next('auth.test', new Answer(503));
    await open({}, {}, slack);
    const thread = newTs();
    const output = scene.channel.getOutputChannel({ channel: CHANNEL, thread });
    await output.sendTextMessage('U1', 'News');
    const reply = { text: 'Tell me more', thread_ts: thread, parent_user_id: 'U1' };
    await scene.request(json(said(reply)));
    await scene.request(json(direct('Over')));
    await scene.until(() => scene.said.includes('Over'));
    expect(scene.said).toEqual(['Tell me more', 'Over']);
  });

  // The story: an assistant passed a question on to another channel's thread. What was answered there was not heard.
  it('in a thread of another channel count where JSON of Slack’s was said', async () => {
    await open();
    const thread = newTs();
    const output = scene.channel.getOutputChannel({ team: TEAM, channel: 'DU1' });
    await output.sendCustomJson('U1', { channel: 'C5', thread_ts: thread, text: 'Who knows?' });
    const reply = { text: 'I do', channel: 'C5', thread_ts: thread, parent_user_id: 'U1' };
    await scene.request(json(said(reply)));
    await scene.request(json(said({ ...reply, channel: CHANNEL, text: 'not here' })));
    await scene.request(json(direct('Over')));
    await scene.until(() => scene.said.includes('Over'));
    expect(scene.said).toEqual(['I do', 'Over']);
  });

  it('in a thread count where it has spoken by the channel’s name', async () => {
    const { slack } = await open();
    slack.on('chat.postMessage', () => ({ ok: true, channel: CHANNEL, ts: newTs() }));
    const thread = newTs();
    const output = scene.channel.getOutputChannel({ team: TEAM, channel: '#general', thread });
    await output.sendTextMessage('U1', 'News');
    const reply = { text: 'Tell me more', thread_ts: thread, parent_user_id: 'U1' };
    await scene.request(json(said(reply)));
    await scene.request(json(direct('Over')));
    await scene.until(() => scene.said.includes('Over'));
    expect(scene.said).toEqual(['Tell me more', 'Over']);
  });

  it('of a mention that says nothing begin a thread with the bot, and no turn', async () => {
    await open();
    const root = newTs();
    await scene.request(json(said({ text: `<@${BOT}>`, ts: root })));
    const reply = { text: 'I meant this', thread_ts: root, parent_user_id: 'U1' };
    await scene.request(json(said(reply)));
    await scene.over();
    expect(scene.said).toEqual(['I meant this']);
  });

  it('that nobody knows are acknowledged', async () => {
    await open();
    for (const name of ['reaction-added', 'app-rate-limited', 'message-deleted']) {
      expect((await scene.request(json(fixture(name)))).status).toBe(200);
    }
    expect((await scene.request(json({ type: 'from_the_future' }))).status).toBe(200);
    expect(scene.said).toEqual([]);
  });

  it('are 500 when the message cannot be stored, so that Slack sends it again', async () => {
    const store: Store = new MemoryStore();
    const add = store.turns.add.bind(store.turns);
    let isAway = true;
    store.turns.add = async (...args) => {
      if (isAway) throw new Error('disk full');
      return await add(...args);
    };
    await open({}, { store });
    const event = json(direct('Hi'));
    const refused = await scene.request(event);
    expect(refused.status).toBe(500);
    // By it, Slack would not send it again (trap 4).
    expect(refused.headers).not.toHaveProperty('x-slack-no-retry');
    isAway = false;
    expect((await scene.request(event)).status).toBe(200);
    await scene.over();
    expect(scene.said).toEqual(['Hi']);
  });

  it('are 503 when too many wait, and Slack sends an event again, and nothing else', async () => {
    await open({}, { turns: { maxQueued: 1 } });
    let finish: () => void = () => {};
    const held = new Promise<void>((resolve) => (finish = resolve));
    scene.assistant = () => held;
    const refusalOf = async (request: ChannelRequest): Promise<unknown> => {
      const { status, body } = await scene.request(request);
      expect(status).toBe(503);
      return (JSON.parse(body) as JsonObject)['detail'];
    };
    for (const text of ['1', '2', '3']) await scene.request(json(direct(text)));
    expect(await refusalOf(json(direct('4')))).toContain('Slack sends this one again');
    const once = 'Slack does not send this one again';
    const click = clicked('block-actions-button', { user: { id: 'U1' }, channel: { id: 'DU1' } });
    expect(await refusalOf(interaction(click))).toContain(once);
    const command = { ...fixture('slash-command'), team_id: TEAM, user_id: 'U1' };
    expect(await refusalOf(form(command))).toContain(once);
    finish();
  });
});

describe('bad input', () => {
  it.each([
    ['unsigned', { headers: { 'content-type': 'application/json' } }],
    ['signed with another secret', json(direct('Hi'), { secret: 'other' })],
    ['old', json(direct('Hi'), { timestamp: Math.floor(Date.now() / 1000) - 400 })],
    ['from the future', json(direct('Hi'), { timestamp: Math.floor(Date.now() / 1000) + 400 })],
    ['of no time', json(direct('Hi'), { timestamp: 'now' })],
  ])('is 401 and says nothing more: %s', async (_name, request) => {
    await open();
    const { status, body } = await scene.request({ body: '{}', ...request });
    expect(status).toBe(401);
    expect(JSON.parse(body)).toMatchObject({
      detail: '[slack] the request is not signed by Slack',
    });
    expect(body).not.toContain(SECRET);
  });

  it.each([
    ['not JSON', signed('hello', 'application/json')],
    ['no object', signed('[1]', 'application/json')],
    ['not UTF-8', signed('"\\ud800', 'application/json')],
    ['text', signed('hello', 'text/plain')],
    ['a payload that is not JSON', form({ payload: '{' })],
    ['a payload that is no object', form({ payload: '"x"' })],
  ])('is 400: %s', async (_name, request) => {
    await open();
    expect((await scene.request(request)).status).toBe(400);
  });

  it('is 413 when it is too large', async () => {
    await open({ bodyLimitBytes: 1_000 });
    const request = json(direct('x'.repeat(1_000)));
    expect((await scene.request(request)).status).toBe(413);
  });

  it('is nothing when it is a form of a kind that is not known', async () => {
    await open();
    expect((await scene.request(form({ hello: 'there' }))).status).toBe(200);
  });

  it('takes JSON with a character set in its type', async () => {
    await open();
    const body = JSON.stringify(direct('Hi'));
    expect((await scene.request(signed(body, 'application/json; charset=utf-8'))).status).toBe(200);
    await scene.over();
  });

  // Read and written anew, neither would be the bytes that Slack has signed (trap 10).
  it('is nothing that is only written otherwise', async () => {
    await open();
    const event = ` ${JSON.stringify(direct('Grüße'), null, 1).replaceAll('ü', '\\u00fc')}\n`;
    expect((await scene.request(signed(event, 'application/json'))).status).toBe(200);
    const command = { ...fixture('slash-command'), team_id: TEAM } as Record<string, string>;
    const body = new URLSearchParams(command).toString();
    const written = body
      .replaceAll('+', '%20')
      .replaceAll(/%[0-9A-F]{2}/g, (byte) => byte.toLowerCase());
    expect(written).not.toBe(body);
    const type = 'application/x-www-form-urlencoded';
    expect((await scene.request(signed(written, type))).status).toBe(200);
    await scene.over(2);
    expect(scene.said).toContain('Grüße');
  });

  it('lets nothing past the signature by way of ssl_check (trap 12)', async () => {
    await open();
    const payload = JSON.stringify(fixture('block-actions-button'));
    const body = new URLSearchParams({ ssl_check: '1', payload, command: '/x' }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await scene.request({ headers, body })).toMatchObject({ status: 200, body: '' });
    expect(
      (await scene.request({ headers, body: body.replace('ssl_check=1', 'a=1') })).status,
    ).toBe(401);
    const asked = await scene.request({ method: 'GET', path: '/webhook?ssl_check=1' });
    expect(asked).toMatchObject({ status: 200, body: '' });
    expect((await scene.request({ method: 'GET', path: '/webhook' })).status).toBe(405);
    await scene.request(json(direct('After')));
    await scene.over();
    expect(scene.said).toEqual(['After']);
  });
});

describe('interactions', () => {
  it('are messages with a choice, and one turn when they come twice', async () => {
    const { slack } = await open();
    scene.assistant = async (message, reply) =>
      void (await reply.text(`${message.choice?.title} it is.`));
    const click = interaction(clicked('block-actions-button'));
    expect(await scene.request(click)).toMatchObject({ status: 200, body: '' });
    expect((await scene.request(click)).status).toBe(200);
    await scene.over();
    await scene.request(interaction(clicked('block-actions-button')));
    await scene.over(2);
    expect(scene.said).toEqual(['/small', '/small']);
    expect(slack.texts('D024BE91L')).toEqual(['Small it is.', 'Small it is.']);
  });

  // Slack does not send them again: who has pressed the button is told that it failed, and presses again.
  it('are 500 when they cannot be stored, and one turn when they come again', async () => {
    const store: Store = new MemoryStore();
    const add = store.turns.add.bind(store.turns);
    let isAway = true;
    store.turns.add = async (...args) => {
      if (isAway) throw new Error('disk full');
      return await add(...args);
    };
    await open({}, { store });
    const command = { ...fixture('slash-command'), team_id: TEAM } as Record<string, string>;
    const requests = [form(command), interaction(clicked('block-actions-button'))];
    for (const request of requests) expect((await scene.request(request)).status).toBe(500);
    isAway = false;
    for (const request of requests) expect((await scene.request(request)).status).toBe(200);
    await scene.over(2);
    expect(new Set(scene.said)).toEqual(new Set(['/small', '/weather 94070']));
  });

  it('take quick replies away once one of them is used, and count once', async () => {
    const { slack } = await open();
    slack.on('chat.update', () => ({ ok: true }));
    scene.assistant = async (message, reply) =>
      void (await reply.text(`You chose ${message.text}`));
    const payload = clicked('block-actions-quick-reply');
    await scene.request(interaction(payload));
    await scene.request(interaction({ ...payload, trigger_id: newTs() }));
    await scene.over();
    await scene.channel.close();
    expect(scene.said).toEqual(['/small']);
    expect(slack.of('chat.update')[0]).toMatchObject({
      channel: 'D024BE91L',
      ts: '1604586660.000200',
      text: 'What size?',
      blocks: [{ type: 'markdown', text: 'What size?' }],
    });
  });

  it('of quick replies that took the place of others count too, and a late click changes nothing', async () => {
    const { slack, channel } = await open();
    let posted: PostedMessage | null = null;
    const quickReplies = [{ title: 'Yes' }, { title: 'No' }];
    scene.assistant = async (message, reply) => {
      if (posted === null) posted = channel.posted(await reply.quickReplies('One?', quickReplies));
      else if (scene.messages.length === 2) await posted.update({ text: 'Two?', quickReplies });
    };
    const click = async (blocks: JsonObject[]): Promise<void> => {
      const [message] = slack.messages('DU1');
      const { block_id, elements } = blocks.at(-1) as { block_id: string; elements: object[] };
      const place = { channel: { id: 'DU1' }, message: { ...message, blocks } };
      const actions = [{ ...elements[0], block_id }];
      await scene.request(interaction(clicked('block-actions-button', { ...place, actions })));
    };
    await scene.request(json(direct('Hi')));
    await scene.over();
    const one = slack.of('chat.postMessage')[0]?.['blocks'] as JsonObject[];
    await click(one);
    await scene.over(2);
    const isTwo = ({ text }: JsonObject): boolean => text === 'Two?';
    const two = slack.of('chat.update').find(isTwo)?.['blocks'] as JsonObject[];
    await click(one);
    await click(two);
    await scene.over(3);
    await scene.channel.close();
    expect(scene.said).toEqual(['Hi', 'Yes', 'Yes']);
    // The assistant's own, and each set is withdrawn once.
    expect(slack.of('chat.update')).toHaveLength(3);
  });

  // The story: below an ephemeral message they stayed, and the second one that was pressed did nothing.
  it('take quick replies away that only one user sees', async () => {
    const { slack } = await open();
    const told: JsonObject[] = [];
    slack.pages.set('/actions/1', (_url, body) => {
      told.push(JSON.parse(body) as JsonObject);
      return new Response('ok');
    });
    const { message: _none, ...payload } = clicked('block-actions-quick-reply');
    const container = { ...(payload['container'] as object), is_ephemeral: true };
    const response_url = `${slack.url}/actions/1`;
    await scene.request(interaction({ ...payload, container, response_url }));
    await scene.over();
    await scene.channel.close();
    expect(scene.said).toEqual(['/small']);
    expect(told).toEqual([{ replace_original: true, text: 'Small' }]);
    expect(slack.pageTokens).toEqual(['']);
    expect(slack.of('chat.update')).toEqual([]);
  });

  // Slack takes five answers to one address, for half an hour.
  it('ask a response_url once, however often is clicked, and live with its no (trap 25)', async () => {
    const warned: unknown[] = [];
    const warn = (fields: unknown): void => void warned.push(fields);
    await open({ logger: { debug() {}, info() {}, warn, error() {} } });
    let asked = 0;
    scene.slack.pages.set('/actions/1', () => {
      asked++;
      return new Response('expired_url', { status: 404 });
    });
    const { message: _none, ...payload } = clicked('block-actions-quick-reply');
    const container = { ...(payload['container'] as object), is_ephemeral: true };
    const response_url = `${scene.slack.url}/actions/1`;
    for (let click = 0; click < 6; click++) {
      const again = { ...payload, container, response_url, trigger_id: newTs() };
      expect((await scene.request(interaction(again))).status).toBe(200);
    }
    await scene.over();
    await scene.channel.close();
    expect(scene.said).toEqual(['/small']);
    expect(asked).toBe(1);
    expect(warned).toMatchObject([{ err: { platformCode: 'http_404' } }]);
    expect(String((warned[0] as { err: unknown }).err)).not.toContain('/actions/1');
  });

  it('ping nobody by what is left where quick replies were', async () => {
    const { slack } = await open();
    slack.on('chat.update', () => ({ ok: true }));
    const payload = clicked('block-actions-quick-reply');
    const [action] = payload['actions'] as JsonObject[];
    const title = { type: 'plain_text', text: '&lt;!channel&gt;' };
    const actions = [{ ...action, text: title }];
    const message = { ...(payload['message'] as JsonObject), text: '', blocks: [] };
    await scene.request(interaction({ ...payload, actions, message }));
    await scene.over();
    await scene.channel.close();
    expect(slack.of('chat.update')).toMatchObject([
      { text: '&lt;!channel&gt;', blocks: [{ text: { type: 'plain_text', text: '<!channel>' } }] },
    ]);
  });

  it('take quick replies off a message with a long text', async () => {
    const { slack } = await open();
    slack.on('chat.update', () => ({ ok: true }));
    const payload = clicked('block-actions-quick-reply');
    Object.assign(payload['message'] as object, { text: 'x'.repeat(5_000) });
    await scene.request(interaction(payload));
    await scene.over();
    await scene.channel.close();
    expect(slack.of('chat.update')).toMatchObject([{ text: `${'x'.repeat(3_999)}…` }]);
  });

  it('bring back payloads that are too long for Slack (trap 14)', async () => {
    const { slack } = await open();
    const payload = `/long ${'😀'.repeat(2_500)}`;
    const title = 'A title that is longer than Slack takes '.repeat(3).trim();
    scene.assistant = async (message, reply) => {
      if (message.choice === null) await reply.buttons('Which?', [{ title, payload }]);
    };
    await scene.request(json(direct('Hi')));
    await scene.over();
    const blocks = slack.of('chat.postMessage')[0]?.['blocks'] as {
      elements: [{ value: string }];
    }[];
    const value = blocks[1]?.elements[0].value ?? '';
    expect(value).toMatch(/^trunkline:.{43}$/);
    const actions = [
      {
        type: 'button',
        action_id: 'a',
        block_id: 'b',
        value,
        text: { type: 'plain_text', text: 'A…' },
      },
    ];
    await scene.request(interaction(clicked('block-actions-button', { actions })));
    await scene.over(2);
    expect(scene.messages[1]).toMatchObject({ text: payload, choice: { title, payload } });
    const unknown = [{ ...actions[0], value: 'trunkline:forgotten' }];
    await scene.request(interaction(clicked('block-actions-button', { actions: unknown })));
    await scene.over(3);
    expect(scene.messages[2]).toMatchObject({ text: 'A…', choice: { title: 'A…', payload: 'A…' } });
  });

  it.each(['view-submission', 'shortcut', 'message-action'])('become turns: %s', async (name) => {
    await open();
    expect(await scene.request(interaction(clicked(name)))).toMatchObject({
      status: 200,
      body: '',
    });
    await scene.over();
    expect(scene.messages[0]?.metadata).toMatchObject({
      payload: { type: name.replace('-', '_') },
    });
  });

  it('of slash commands become turns', async () => {
    await open();
    const fields = { ...fixture('slash-command'), team_id: TEAM } as Record<string, string>;
    expect(await scene.request(form(fields))).toMatchObject({ status: 200, body: '' });
    await scene.over();
    expect(scene.messages[0]).toMatchObject({
      text: '/weather 94070',
      choice: { title: '/weather' },
    });
  });

  it('ask for no turn while somebody types', async () => {
    await open();
    const answer = await scene.request(interaction(clicked('block-suggestion')));
    expect(JSON.parse(answer.body)).toEqual({ options: [] });
    expect(scene.said).toEqual([]);
  });

  it('survive what is not what Slack documents', async () => {
    await open();
    expect((await scene.request(interaction({}))).status).toBe(200);
    expect((await scene.request(interaction({ type: 'block_actions' }))).status).toBe(200);
    expect((await scene.request(form({ command: '/x' }))).status).toBe(200);
  });
});

describe('onInteraction', () => {
  it('answers before the acknowledgement, and then there is no turn', async () => {
    const errors = { response_action: 'errors', errors: { size: 'too large' } };
    await open({ onInteraction: ({ type }) => (type === 'view_submission' ? errors : null) });
    const refused = await scene.request(interaction(clicked('view-submission')));
    expect(JSON.parse(refused.body)).toEqual(errors);
    await scene.request(interaction(clicked('shortcut')));
    await scene.over();
    expect(scene.said).toEqual(['new_order']);
  });

  it('may open a view with Slack’s client', async () => {
    const onInteraction: SlackOptions['onInteraction'] = async ({ client, payload }) => {
      const view = {
        type: 'modal' as const,
        title: { type: 'plain_text' as const, text: 'x' },
        blocks: [],
      };
      await (await client()).views.open({ trigger_id: textAt(payload, 'trigger_id') ?? '', view });
      return {};
    };
    await open({ onInteraction });
    scene.slack.on('views.open', () => ({ ok: true }));
    const payload = clicked('shortcut');
    expect(await scene.request(interaction(payload))).toMatchObject({ status: 200, body: '' });
    expect(scene.slack.of('views.open')).toMatchObject([{ trigger_id: payload['trigger_id'] }]);
    expect(scene.said).toEqual([]);
  });

  // Slack documents an empty body for what is done without a word, and reads another one as a message.
  it('says nothing by an empty answer, and to a menu that there are no options', async () => {
    await open({ onInteraction: () => ({}) });
    const command = { ...fixture('slash-command'), team_id: TEAM } as Record<string, string>;
    for (const request of [form(command), interaction(clicked('view-submission'))]) {
      expect(await scene.request(request)).toMatchObject({ status: 200, body: '' });
    }
    const { body } = await scene.request(interaction(clicked('block-suggestion')));
    expect(JSON.parse(body)).toEqual({ options: [] });
    expect(scene.said).toEqual([]);
  });

  // The story: options of a menu were to be found with Slack's client while somebody typed. What is no turn
  // had no client: "the interaction names no workspace", though it names one.
  it.each(['block-suggestion', 'view-closed', 'block-actions-link', 'slash-command'])(
    'has Slack’s client for the workspace, also where there would be no turn: %s',
    async (name) => {
      const teams: unknown[] = [];
      await open({
        token: (team) => (teams.push(team), TOKEN),
        onInteraction: async ({ client }) => ({ text: String((await client()).token) }),
      });
      const command = { ...fixture(name), team_id: TEAM } as Record<string, string>;
      const request = name === 'slash-command' ? form(command) : interaction(clicked(name));
      expect(JSON.parse((await scene.request(request)).body)).toEqual({ text: TOKEN });
      expect(teams).toEqual([TEAM]);
    },
  );

  it('that throws, or is late, loses nothing', async () => {
    const seen: boolean[] = [];
    const errors: unknown[] = [];
    const never = new Promise<never>(() => {});
    await open({
      logger: { debug() {}, info() {}, warn() {}, error: (fields) => void errors.push(fields) },
      onInteraction: async ({ type, signal }) => {
        signal.addEventListener('abort', () => seen.push(true));
        if (type === 'shortcut') throw new Error('oops');
        return await never;
      },
    });
    expect((await scene.request(interaction(clicked('shortcut')))).status).toBe(200);
    const late = scene.request(interaction(clicked('view-submission')));
    // Slack waits for three seconds.
    expect((await inTime(2_900, late)).status).toBe(200);
    await scene.over(2);
    expect(scene.said).toEqual(['new_order', 'order']);
    expect(errors).toMatchObject([{ type: 'shortcut' }, { type: 'view_submission' }]);
    expect(seen).toEqual([true, true]);
  });
});

describe('the routes', () => {
  it('may be several', async () => {
    await open({ paths: { events: '/events', interactivity: '/clicks', commands: '/commands' } });
    expect((await scene.request({ ...json(direct('Hi')), path: '/events' })).status).toBe(200);
    const click = interaction(clicked('block-actions-button'));
    expect((await scene.request({ ...click, path: '/clicks' })).status).toBe(200);
    expect((await scene.request(json(direct('Hi')))).status).toBe(404);
    await scene.over(2);
  });
});
