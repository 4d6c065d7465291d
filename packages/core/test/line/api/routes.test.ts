import {
  MemoryStore,
  StoreError,
  Trunkline,
  type AssistantObject,
  type TrunklineOptions,
} from '@trunkline/core';
import { SignJWT } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../../../scripts/test-support/unhandled.ts';
import { EchoInput } from '../../support/channels.ts';
import { DeskInput } from '../../support/desk.ts';
import { serve } from '../../support/http.ts';
import { Platform } from '../../support/platform.ts';

expectNoUnhandledRejections();

const TOKEN = 'token-that-is-long+enough/=';
const JSON_HEADERS = { 'content-type': 'application/json' };

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

interface Answer {
  status: number;
  body: Record<string, unknown>;
  headers: Headers;
}

interface LineUnderTest {
  line: Trunkline;
  url: string;
  platform: Platform;
  errors: Error[];
  /** Posts JSON with the token. */
  ask: (path: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>;
  /** A message comes in on a channel, and its turn ends. */
  hear: (sender: string, text: string, about?: object) => Promise<void>;
  /** Resolves when so many turns have ended. */
  turns: (count: number) => Promise<void>;
}

/** A line with a channel that can be contacted, one that cannot, and the API. */
async function open(
  assistant: Partial<AssistantObject> = {},
  options: Partial<TrunklineOptions> = {},
): Promise<LineUnderTest> {
  const platform = new Platform();
  const errors: Error[] = [];
  let ended = 0;
  const watchers = new Set<() => void>();
  const line = new Trunkline({
    channels: [new DeskInput(platform), new EchoInput('rest')],
    assistant: { handle: () => {}, ...assistant },
    api: { token: TOKEN },
    onError: (error) => void errors.push(error),
    onTurn: () => {
      ended++;
      for (const look of watchers) look();
    },
    ...options,
  });
  const { url, stop } = await serve(line.handler());
  stops.push(async () => {
    await stop();
    await line.close(0);
  });
  const turns = (count: number): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => void (ended >= count && resolve());
      watchers.add(look);
      look();
    });
  const ask = async (
    path: string,
    body: unknown = {},
    headers: Record<string, string> = { authorization: `Bearer ${TOKEN}` },
  ): Promise<Answer> => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const request = { method: 'POST', body: text, headers: { ...JSON_HEADERS, ...headers } };
    const response = await fetch(url + path, request);
    const answer = (await response.json()) as Record<string, unknown>;
    return { status: response.status, body: answer, headers: response.headers };
  };
  const hear = async (sender: string, text: string, about: object = {}): Promise<void> => {
    const before = ended;
    const body = JSON.stringify({ sender, text, ...about });
    const request = { method: 'POST', body, headers: JSON_HEADERS };
    expect((await fetch(`${url}/webhooks/desk/webhook`, request)).status).toBe(200);
    await turns(before + 1);
  };
  return { line, url, platform, errors, ask, hear, turns };
}

describe('the API', () => {
  it('is not there unless it is configured', async () => {
    const platform = new Platform();
    const line = new Trunkline({ channels: [new DeskInput(platform)], assistant: () => {} });
    const { url, stop } = await serve(line.handler());
    stops.push(stop, () => line.close(0));
    for (const path of ['messages', 'trigger_intent']) {
      const response = await fetch(`${url}/conversations/ada/${path}`, { method: 'POST' });
      expect(response.status).toBe(404);
    }
  });

  it('leaves other paths below /conversations/ alone', async () => {
    const { url } = await open();
    for (const path of ['/conversations/', '/conversations/ada', '/conversations/messages']) {
      expect(await (await fetch(url + path)).json()).toMatchObject({ code: 'not_found' });
    }
    const get = await fetch(`${url}/conversations/ada/messages`);
    expect(get.status).toBe(405);
    expect(get.headers.get('allow')).toBe('POST, OPTIONS');
  });
});

describe('POST /conversations/<id>/messages', () => {
  it('sends a response, in its order, once', async () => {
    const { ask, hear, platform, turns } = await open();
    await hear('ada', 'Hi');
    const key = { authorization: `Bearer ${TOKEN}`, 'idempotency-key': 'order-7' };
    const first = await ask('/conversations/ada/messages', { text: 'It is here' }, key);
    expect(first).toMatchObject({
      status: 200,
      body: { status: 'accepted', channel: 'desk', account: null, message_id: 'order-7' },
    });
    await turns(2);
    const again = await ask('/conversations/ada/messages', { text: 'It is here' }, key);
    expect(again).toMatchObject({ status: 200, body: { status: 'duplicate' } });
    expect(platform.texts).toEqual(['It is here']);
  });

  it('takes all parts of a response, in the names of Rasa and in ours', async () => {
    const { ask, hear, platform, turns } = await open();
    await hear('ada', 'Hi');
    const buttons = [{ title: 'Yes', payload: '/yes' }];
    const element = { title: 'Shoe', subtitle: 'red', image_url: 'https://e.example/i.png' };
    const bodies = [
      { text: 'a', quick_replies: buttons },
      { text: 'b', quickReplies: buttons },
      { text: 'c', buttons },
      { image: 'https://e.example/i.png' },
      { elements: [{ ...element, buttons }] },
      { attachment: { url: 'https://e.example/f.pdf' }, custom: { a: 1 } },
      { text: 'e', channels: null },
      {
        text: 'd',
        channels: { platform: { quick_replies: [{ title: 'No', payload: 0 }] }, x: null },
      },
    ];
    for (const [i, body] of bodies.entries()) {
      expect((await ask('/conversations/ada/messages', body)).status).toBe(200);
      await turns(i + 2);
    }
    expect(platform.texts).toEqual([
      'a',
      '1: Yes (/yes)',
      'b',
      '1: Yes (/yes)',
      'c',
      '1: Yes (/yes)',
      'Image: https://e.example/i.png',
      'Shoe : red',
      '1: Yes (/yes)',
      '{"a": 1}',
      expect.stringContaining('Attachment: '),
      'e',
      'd',
      '1: No (0)',
    ]);
  });

  it('finds the conversation whatever its id holds', async () => {
    const { ask, hear, platform, turns } = await open();
    const ids = ['a/b', 'a/messages', 'ä ö', '100%', '+49 151', 'a?b#c', '../x', 'a//', '💬'];
    let count = 0;
    for (const id of ids) {
      await hear(id, 'Hi');
      const path = `/conversations/${encodeURIComponent(id)}/messages`;
      expect(await ask(path, { text: id })).toMatchObject({ status: 200 });
      await turns((count += 2));
    }
    // Slashes as they are, and one at the end.
    for (const path of ['/conversations/a/b/messages', '/conversations/a/messages/messages/']) {
      expect(await ask(path, { text: 'again' })).toMatchObject({ status: 200 });
      await turns(++count);
    }
    expect(platform.arrived.map(({ to }) => to)).toEqual([...ids, 'a/b', 'a/messages']);
  });

  it('goes to the channel and the account that are named', async () => {
    const { ask, hear } = await open();
    await hear('ada', 'Hi', { account: 'T1' });
    await hear('ada', 'Hi', { account: 'T2' });
    const to = (query: string) => ask(`/conversations/ada/messages${query}`, { text: 'x' });
    expect(await to('')).toMatchObject({ body: { account: 'T2' } });
    expect(await to('?output_channel=latest')).toMatchObject({ body: { account: 'T2' } });
    expect(await to('?output_channel=desk&account=T1')).toMatchObject({ body: { account: 'T1' } });
    expect(await to('?output_channel=desk')).toMatchObject({
      status: 409,
      body: { reason: 'Conflict', details: { code: 'ambiguous' } },
    });
    expect(await to('?account=T1')).toMatchObject({ status: 400 });
  });

  it('answers each mistake with what to do, in Rasa’s form', async () => {
    const { ask, hear, platform } = await open();
    await hear('ada', 'Hi');
    const path = '/conversations/ada/messages';
    const deep = `{"custom":${'['.repeat(70)}${']'.repeat(70)}}`;
    const mistakes: [path: string, body: unknown, status: number, details: object][] = [
      [path, '{', 400, { code: 'invalid_json' }],
      [path, [], 400, { parameter: '', in: 'body' }],
      [path, {}, 400, { code: 'nothing_to_say' }],
      [path, { text: '' }, 400, { code: 'nothing_to_say' }],
      [path, { text: 7 }, 400, { parameter: 'text', in: 'body' }],
      [path, { text: 'a', buttons: {} }, 400, { parameter: 'buttons' }],
      [
        path,
        { text: 'a', channels: { sms: { text: 7 } } },
        400,
        { parameter: 'channels.sms.text' },
      ],
      [path, { text: 'a', buttons: [{ payload: 'x' }] }, 400, { parameter: 'buttons' }],
      [path, { text: 'a', quick_replies: ['x'] }, 400, { parameter: 'quick_replies' }],
      [path, { text: 'a', quickReplies: ['x'] }, 400, { parameter: 'quickReplies' }],
      [path, { elements: [{ buttons: [7] }] }, 400, { parameter: 'elements' }],
      [path, { elements: 'x' }, 400, { parameter: 'elements' }],
      [path, { image: {} }, 400, { parameter: 'image' }],
      [path, { text: 'a', channels: 'x' }, 400, { parameter: 'channels' }],
      [path, { text: 'Hi', sender: 'user' }, 400, { parameter: 'sender', in: 'body' }],
      [path, deep, 400, { code: 'invalid_parameter' }],
      [path, { text: 'x'.repeat(300_000) }, 413, { code: 'body_too_large' }],
      ['/conversations/%E0%A4/messages', { text: 'a' }, 400, { parameter: 'conversation_id' }],
      [`${path}?output_channel=fax`, { text: 'a' }, 404, { code: 'unknown_channel' }],
      [`${path}?output_channel=rest`, { text: 'a' }, 409, { code: 'not_contactable' }],
      ['/conversations/eve/messages', { text: 'a' }, 409, { code: 'unreachable' }],
    ];
    for (const [at, body, status, details] of mistakes) {
      const answer = await ask(at, body);
      expect([at, body, answer.status]).toEqual([at, body, status]);
      expect(answer.body).toMatchObject({
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        status: 'failure',
        message: expect.stringMatching(/\w/),
        reason: expect.stringMatching(/^(BadRequest|NotFound|Conflict)$/),
        details,
        help: null,
        code: status,
      });
    }
    const plain = { authorization: `Bearer ${TOKEN}`, 'content-type': 'text/plain' };
    expect(await ask(path, { text: 'a' }, plain)).toMatchObject({ status: 415 });
    for (const key of ['', 'x'.repeat(256)]) {
      const headers = { authorization: `Bearer ${TOKEN}`, 'idempotency-key': key };
      expect(await ask(path, { text: 'a' }, headers)).toMatchObject({
        status: 400,
        body: { details: { parameter: 'Idempotency-Key', in: 'header' } },
      });
    }
    const used = { authorization: `Bearer ${TOKEN}`, 'idempotency-key': 'k' };
    await ask(path, { text: 'a' }, used);
    expect(await ask(path, { text: 'b' }, used)).toMatchObject({
      status: 409,
      body: { details: { code: 'idempotency_key_reused' } },
    });
    expect(platform.texts).toEqual(['a']);
  });

  it('never reaches an anonymous caller of the REST channel', async () => {
    const { ask, url } = await open();
    const body = JSON.stringify({ sender: 'ada', text: 'I am Ada' });
    await fetch(`${url}/webhooks/rest/webhook`, { method: 'POST', body, headers: JSON_HEADERS });
    for (const query of ['', '?output_channel=latest', '?output_channel=rest']) {
      expect((await ask(`/conversations/ada/messages${query}`, { text: 'x' })).status).toBe(409);
    }
  });

  it('says when it is too much, and when something is broken', async () => {
    const store = new MemoryStore();
    const gate = new Promise<void>(() => {});
    const handle = (message: { text: string | null }) =>
      message.text === 'hang' ? gate : undefined;
    const { ask, hear, url, errors } = await open(
      { handle },
      { store, turns: { maxQueued: 1, abortGraceMs: 0 } },
    );
    await hear('ada', 'Hi');
    const body = JSON.stringify({ sender: 'ada', text: 'hang' });
    await fetch(`${url}/webhooks/desk/webhook`, { method: 'POST', body, headers: JSON_HEADERS });
    const path = '/conversations/ada/messages';
    await ask(path, { text: 'a' });
    const full = await ask(path, { text: 'b' });
    expect(full).toMatchObject({ status: 429, body: { reason: 'TooManyRequests' } });
    expect(full.headers.get('retry-after')).toBe('1');
    store.lists.last = async () => {
      throw new StoreError('disk full');
    };
    const broken = await ask(path, { text: 'c' });
    expect(broken).toMatchObject({ status: 500, body: { reason: 'ConversationError' } });
    expect(JSON.stringify(broken.body)).not.toContain('disk');
    expect(errors).toMatchObject([{ message: 'disk full' }]);
  });
});

describe('POST /conversations/<id>/trigger_intent', () => {
  const greeting: Partial<AssistantObject> = {
    triggerIntent: async ({ name, entities }, reply) => {
      reply.state['entities'] = [...entities];
      await reply.text(`Intent ${name}`);
    },
    knowsIntent: (name) => name !== 'unknown',
  };

  it('collects the answer where no channel is named, as Rasa does', async () => {
    const { ask, platform } = await open(greeting);
    const answer = await ask('/conversations/ada/trigger_intent', { name: 'greet' });
    expect(answer).toMatchObject({
      status: 200,
      body: {
        tracker: {
          sender_id: 'ada',
          latest_message: { intent: { name: 'greet' }, text: 'EXTERNAL: greet' },
          events: [{ event: 'bot', text: 'Intent greet' }],
        },
        messages: [{ recipient_id: 'ada', text: 'Intent greet' }],
      },
    });
    expect(platform.texts).toEqual([]);
  });

  it('collects it in the conversation on the last channel', async () => {
    const { ask, hear } = await open({
      ...greeting,
      handle: (message, reply) => void (reply.state['name'] = message.text),
      triggerIntent: async (_intent, reply) =>
        void (await reply.text(reply.state['name'] as string)),
    });
    await hear('ada', 'Ada');
    expect(await ask('/conversations/ada/trigger_intent', { name: 'x' })).toMatchObject({
      body: {
        messages: [{ text: 'Ada' }],
        tracker: { latest_input_channel: 'desk', events: [{ event: 'session_started' }, {}, {}] },
      },
    });
  });

  it('has the answer sent on a channel that is named', async () => {
    const { ask, hear, platform, turns } = await open(greeting);
    await hear('ada', 'Hi', { metadata: { lang: 'de' } });
    const entities = [{ entity: 'size', value: 'L' }];
    let count = 1;
    for (const channel of ['latest', 'desk']) {
      const path = `/conversations/ada/trigger_intent?output_channel=${channel}`;
      const { status, body } = await ask(path, { name: channel, entities });
      expect([status, body]).toMatchObject([
        200,
        {
          tracker: {
            sender_id: 'ada',
            slots: { session_started_metadata: { lang: 'de' } },
            latest_input_channel: 'desk',
          },
          posted: { status: 'accepted', channel: 'desk' },
        },
      ]);
      expect(body).not.toHaveProperty('messages');
      await turns(++count);
    }
    expect(platform.texts).toEqual(['Intent latest', 'Intent desk']);
  });

  it('takes entities as a list and in shorthand', async () => {
    const seen: unknown[] = [];
    const { ask } = await open({ triggerIntent: ({ entities }) => void seen.push(entities) });
    const list = [{ entity: 'size', value: 'L', role: 'shoe' }];
    for (const entities of [list, { size: 'L', count: 2 }, null, undefined]) {
      await ask('/conversations/ada/trigger_intent', { name: 'x', entities });
    }
    const shorthand = [
      { entity: 'size', value: 'L' },
      { entity: 'count', value: 2 },
    ];
    expect(seen).toEqual([list, shorthand, [], []]);
  });

  it('leaves the events out where nobody wants them', async () => {
    const { ask } = await open(greeting);
    const path = '/conversations/ada/trigger_intent?include_events=';
    expect(await ask(`${path}NONE`, { name: 'x' })).toMatchObject({
      body: { tracker: { events: null } },
    });
    for (const verbosity of ['APPLIED', 'AFTER_RESTART', 'ALL']) {
      const { body } = await ask(path + verbosity, { name: 'x' });
      expect((body['tracker'] as { events: unknown[] }).events.length).toBeGreaterThan(0);
    }
  });

  it('shows the assistant’s own tracker, and ours where that cannot be had', async () => {
    const own = await open({ ...greeting, trackerState: () => ({ slots: { a: 1 } }) });
    expect(await own.ask('/conversations/ada/trigger_intent', { name: 'x' })).toMatchObject({
      body: { tracker: { slots: { a: 1 } } },
    });
    const broken = await open({
      ...greeting,
      trackerState: () => {
        throw new Error('no tracker');
      },
    });
    expect(await broken.ask('/conversations/ada/trigger_intent', { name: 'x' })).toMatchObject({
      status: 200,
      body: { tracker: { sender_id: 'ada' } },
    });
    expect(broken.errors).toMatchObject([{ message: 'no tracker' }]);
  });

  it('answers each mistake with what to do', async () => {
    const { ask, hear } = await open(greeting);
    await hear('ada', 'Hi');
    const path = '/conversations/ada/trigger_intent';
    const mistakes: [path: string, body: unknown, status: number, details: object][] = [
      [path, { entities: [] }, 400, { parameter: 'name', in: 'body' }],
      [path, { name: '' }, 400, { parameter: 'name', in: 'body' }],
      [path, { name: 7 }, 400, { parameter: 'name', in: 'body' }],
      [path, { name: 'x', entities: 'y' }, 400, { parameter: 'entities', in: 'body' }],
      [path, { name: 'x', entities: [7] }, 400, { parameter: 'entities' }],
      [path, { name: 'unknown' }, 404, { code: 'unknown_intent' }],
      [`${path}?output_channel=latest`, { name: 'unknown' }, 404, { code: 'unknown_intent' }],
      [`${path}?output_channel=fax`, { name: 'x' }, 404, { code: 'unknown_channel' }],
      [`${path}?output_channel=rest`, { name: 'x' }, 409, { code: 'not_contactable' }],
      [
        `${path}?include_events=SOME`,
        { name: 'x' },
        400,
        { parameter: 'include_events', in: 'query' },
      ],
      [`${path}?account=T1`, { name: 'x' }, 400, { parameter: 'account', in: 'query' }],
      ['/conversations/eve/trigger_intent?output_channel=latest', { name: 'x' }, 409, {}],
    ];
    for (const [at, body, status, details] of mistakes) {
      const answer = await ask(at, body);
      expect([at, body, answer.status]).toEqual([at, body, status]);
      expect(answer.body).toMatchObject({ status: 'failure', code: status, details });
    }
    const headers = { authorization: `Bearer ${TOKEN}`, 'idempotency-key': 'k' };
    expect(await ask(path, { name: 'x' }, headers)).toMatchObject({ status: 400 });
    const without = await open();
    expect(await without.ask(path, { name: 'x' })).toMatchObject({ status: 404 });
  });

  it('ends with its client, who is nobody’s failure', async () => {
    const reasons: unknown[] = [];
    let begin = (): void => {};
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const { url, errors, turns } = await open({
      triggerIntent: async (_intent, reply) => {
        begin();
        await new Promise((resolve) => reply.signal.addEventListener('abort', resolve));
        reasons.push((reply.signal.reason as { reason: string }).reason);
      },
    });
    const client = new AbortController();
    const headers = { ...JSON_HEADERS, authorization: `Bearer ${TOKEN}` };
    const asked = fetch(`${url}/conversations/ada/trigger_intent`, {
      method: 'POST',
      body: '{"name":"x"}',
      headers,
      signal: client.signal,
    });
    await begun;
    client.abort();
    await expect(asked).rejects.toThrow('aborted');
    await turns(1);
    expect(reasons).toEqual(['disconnected']);
    expect(errors).toEqual([]);
  });

  it('answers 500 where the assistant fails, and nobody apologises', async () => {
    const { ask, errors } = await open(
      {
        triggerIntent: () => {
          throw new Error('secret');
        },
      },
      { apology: 'Sorry' },
    );
    const answer = await ask('/conversations/ada/trigger_intent', { name: 'x' });
    expect(answer).toMatchObject({ status: 500, body: { reason: 'ConversationError' } });
    expect(JSON.stringify(answer.body)).not.toMatch(/secret|Sorry/);
    expect(errors).toHaveLength(1);
  });
});

describe('who may use the API', () => {
  const SECRET = 'a secret that is long enough for HS256';
  const jwtOf = (claims: Record<string, unknown>, expiry = '1h'): Promise<string> =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime(expiry)
      .sign(new TextEncoder().encode(SECRET));
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const path = '/conversations/ada/messages';

  it('is whoever has a token, in the header or in the address', async () => {
    const { ask, hear } = await open({}, { api: { token: [TOKEN, 'the-new-one'] } });
    await hear('ada', 'Hi');
    const text = { text: 'x' };
    expect((await ask(path, text, bearer(TOKEN))).status).toBe(200);
    expect((await ask(path, text, bearer('the-new-one'))).status).toBe(200);
    expect((await ask(`${path}?token=${encodeURIComponent(TOKEN)}`, text, {})).status).toBe(200);
    for (const [at, headers] of [
      [path, {}],
      [path, bearer('wrong')],
      [path, { authorization: TOKEN }],
      [`${path}?token=wrong`, {}],
      [`${path}?token=`, {}],
    ] as const) {
      const answer = await ask(at, text, headers);
      expect(answer).toMatchObject({
        status: 401,
        body: { status: 'failure', reason: 'NotAuthenticated', code: 401 },
      });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    }
  });

  it('is asked ahead of the body, and of whether there is anything', async () => {
    const { ask } = await open();
    expect((await ask('/conversations/eve/messages', '{', {})).status).toBe(401);
  });

  it('is an admin, or the user whose conversation it is, by a JWT in Rasa’s form', async () => {
    const { ask, hear } = await open({}, { api: { jwt: { key: SECRET } } });
    await hear('ada', 'Hi');
    const as = async (user: unknown) => {
      const claims = user === undefined ? {} : { user };
      return await ask(path, { text: 'x' }, bearer(await jwtOf(claims)));
    };
    expect((await as({ username: 'root', role: 'admin' })).status).toBe(200);
    expect((await as({ username: 'ada', role: 'user' })).status).toBe(200);
    for (const user of [{ username: 'bob', role: 'user' }, { username: 'ada' }, 'ada', undefined]) {
      expect(await as(user)).toMatchObject({
        status: 403,
        body: { reason: 'NotAuthorized', details: { code: 'insufficient_permissions' } },
      });
    }
    const admin = { user: { username: 'root', role: 'admin' } };
    const late = await jwtOf(admin, '-1h');
    expect((await ask(path, { text: 'x' }, bearer(late))).status).toBe(401);
    expect((await ask(path, { text: 'x' }, bearer('no.jwt.at all'))).status).toBe(401);
    expect((await ask(`${path}?token=${await jwtOf(admin)}`, { text: 'x' }, {})).status).toBe(401);
  });

  it('is either, where both are configured', async () => {
    const api = { token: TOKEN, jwt: { key: SECRET } };
    const { ask, hear } = await open({}, { api });
    await hear('ada', 'Hi');
    const admin = await jwtOf({ user: { role: 'admin' } });
    expect((await ask(path, { text: 'x' }, bearer(TOKEN))).status).toBe(200);
    expect((await ask(path, { text: 'x' }, bearer(admin))).status).toBe(200);
    expect((await ask(path, { text: 'x' }, bearer('wrong'))).status).toBe(401);
  });

  it('is checked when the line is made', () => {
    const cases: [unknown, string][] = [
      [{}, 'api must hold a token, or jwt'],
      [null, 'api must hold a token or jwt, or be left out'],
      [{ tokn: 'x' }, 'unknown option "api.tokn"'],
      [{ token: '' }, 'api.token must be'],
      [{ token: [] }, 'api.token must be'],
      [{ token: 'in two parts' }, 'api.token must be'],
      [{ jwt: 'secret' }, 'api.jwt must hold the key'],
      [{ jwt: {} }, 'api.jwt.key is missing'],
      [{ jwt: { key: 'k', secret: 'x' } }, 'unknown option "api.jwt.secret"'],
      [{ jwt: { key: 'k', algorithms: ['none'] } }, 'api.jwt.algorithms'],
    ];
    for (const [api, message] of cases) {
      const options = { channels: [], assistant: () => {}, api } as unknown as TrunklineOptions;
      expect(() => new Trunkline(options)).toThrow(message);
    }
  });
});
