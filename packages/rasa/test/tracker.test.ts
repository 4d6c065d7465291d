import type { JsonObject, TrackerState } from '@trunkline/core';
import { SqliteStore } from '@trunkline/sqlite';
import { RasaAssistant } from '@trunkline/rasa';
import { FakeClock, startLine, type StartedLine } from '@trunkline/testing';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jwtVerify } from 'jose';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { credentialsFor } from '../src/auth.ts';
import { answersIn } from '../src/tracker.ts';
import { PlatformInput, type Platform } from './support/platform.ts';
import { atEnd, endAfterEach, SLOWLY, startRasa, startScene } from './support/scene.ts';
import type { RasaStandIn } from './support/stand-in.ts';

expectNoUnhandledRejections();
endAfterEach();

describe('the tracker state', () => {
  it('is what Rasa has saved by then, fetched once a turn', async () => {
    const states: (TrackerState | null)[] = [];
    let gate = deferred();
    const onSend: Platform['onSend'] = (output) => {
      states.push(output.trackerState);
      gate.resolve();
    };
    const platform: Platform = { sent: [], onSend };
    const { rasa, url } = await startScene(
      {
        api: true,
        agent: async (_heard, bot) => {
          gate = deferred();
          await bot.utter({ text: 'one\n\ntwo' });
          await gate.promise;
        },
      },
      { trackerState: true },
      { channels: [new PlatformInput(platform)] },
    );
    await post(url, '1');
    await expect.poll(() => rasa.trackers.size, SLOWLY).toBe(1);
    await post(url, '2');
    await expect.poll(() => platform.sent.length, SLOWLY).toBe(4);
    const sender_id = 'platform:T1:U1';
    expect(states[0]).toEqual({ sender_id, slots: {}, events: [] });
    expect(states[1]).toBe(states[0]);
    expect(states[3]).toMatchObject({ sender_id, events: [{ event: 'user' }, { event: 'bot' }] });
    expect(rasa.requests.filter((request) => request.startsWith('GET'))).toEqual([
      'GET /conversations/platform:T1:U1/tracker',
      'GET /conversations/platform:T1:U1/tracker',
    ]);
  });

  it('that cannot be had keeps nothing from being said', async () => {
    const warnings: string[] = [];
    const warn = (_fields: unknown, message: string): void => void warnings.push(message);
    const logger = { debug: warn, info: warn, warn, error: warn };
    const platform: Platform = { sent: [], onSend: () => {} };
    const channels = [new PlatformInput(platform)];
    const options = { trackerState: true, logger };
    const { url } = await startScene({ api: false }, options, { channels });
    await post(url, '1');
    await expect.poll(() => platform.sent, SLOWLY).toEqual(['You said: message 1']);
    expect(warnings).toEqual(['the tracker state could not be fetched from Rasa']);
  });
});

describe('a tracker state that is slow', () => {
  it('is not waited for for long', async () => {
    const clock = new FakeClock();
    const platform: Platform = { sent: [], onSend: () => {} };
    const { rasa, url } = await startScene(
      { api: true, agent: (_heard, bot) => bot.utter({ text: 'one\n\ntwo' }) },
      { trackerState: true, clock },
      { channels: [new PlatformInput(platform)] },
    );
    const asked = deferred();
    // Takes the message as Rasa does, and the next request as Rasa does not.
    rasa.faults.push(
      (_req, res) => res.end('{"recipient_id": "platform:T1:U1", "text": "one"}\n'),
      () => asked.resolve(),
    );
    await post(url, '1');
    await asked.promise;
    await clock.advance(1_999);
    expect(platform.sent).toEqual([]);
    await clock.advance(1);
    await expect.poll(() => platform.sent, SLOWLY).toEqual(['one']);
  });
});

describe('Rasa’s API', () => {
  it.each([
    ['a token', { token: 'sesame&1' }, { token: 'sesame&1' }],
    ['a JSON Web Token', { jwtSecret: 'x'.repeat(32) }, { jwt: { key: 'x'.repeat(32) } }],
  ])('lets us in with %s', async (_what, standIn, options) => {
    const { rasa, ask } = await startScene(
      { api: true, agent: () => {}, ...standIn },
      { resume: true, ...options },
    );
    await ask('Hi');
    // Rasa's channels ask for no token, and are not shown one.
    expect(rasa.requests[0]).toBe('POST /webhooks/rest/webhook?stream=true');
    expect(rasa.refused).toBe(0);
    expect(rasa.requests[1]).toMatch(/^GET \/status/);
  });

  it('takes tokens that are signed with a key pair', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    const { headers } = await credentialsFor({ token: null, jwt: { key, algorithm: 'RS256' } });
    const token = headers['authorization']?.replace('Bearer ', '') ?? '';
    const { payload } = await jwtVerify(token, publicKey, { algorithms: ['RS256'] });
    expect(payload).toMatchObject({ user: { username: 'trunkline', role: 'admin' } });
  });
});

describe('a turn that is run again', () => {
  /** A process in which the platform hangs at a response, and which is then ended. */
  async function interrupt(rasa: RasaStandIn, file: string, at: number): Promise<string[]> {
    const stuck = deferred();
    const platform: Platform = {
      sent: [],
      onSend: async () => {
        if (platform.sent.length < at) return;
        stuck.resolve();
        await new Promise(() => {});
      },
    };
    const { url, close } = await startProcess(rasa, file, platform);
    await post(url, '1');
    await stuck.promise;
    await expect.poll(() => rasa.trackers.size, SLOWLY).toBe(1);
    await close();
    return platform.sent;
  }

  async function startProcess(
    rasa: RasaStandIn,
    file: string,
    platform: Platform,
    resume = true,
  ): Promise<StartedLine> {
    const started = await startLine({
      channels: [new PlatformInput(platform)],
      assistant: new RasaAssistant({ url: rasa.url, resume, tokens: 'separate' }),
      store: new SqliteStore({ file }),
      turns: { abortGraceMs: 0 },
    });
    const { line } = started;
    return { ...started, close: () => line.close(0) };
  }

  async function newFile(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'trunkline-rasa-'));
    atEnd(() => rm(folder, { recursive: true, force: true }));
    return join(folder, 'store.db');
  }

  it('does not have Rasa hear the message twice, and says what is missing', async () => {
    const rasa = await startRasa({
      api: true,
      agent: (_heard, bot) => bot.utter({ text: 'one\n\ntwo\n\nthree' }),
    });
    const file = await newFile();
    expect(await interrupt(rasa, file, 1)).toEqual(['one']);
    const platform: Platform = { sent: [], onSend: () => {} };
    const { close } = await startProcess(rasa, file, platform);
    atEnd(close);
    await expect.poll(() => platform.sent, SLOWLY).toEqual(['two', 'three']);
    expect(rasa.heard).toHaveLength(1);
    expect(rasa.heard[0]?.metadata).toEqual({ trunkline_message_id: '1' });
  });

  it('sends a message that Rasa has not heard', async () => {
    const rasa = await startRasa({ api: true, agent: (_heard, bot) => bot.utter({ text: 'one' }) });
    const file = await newFile();
    expect(await interrupt(rasa, file, 0)).toEqual([]);
    // Rasa was ended too, before it had saved the conversation.
    rasa.trackers.clear();
    const platform: Platform = { sent: [], onSend: () => {} };
    const { close } = await startProcess(rasa, file, platform);
    atEnd(close);
    await expect.poll(() => platform.sent, SLOWLY).toEqual(['one']);
    expect(rasa.heard).toHaveLength(2);
  });
});

describe('answersIn', () => {
  const user = (id: string): object => ({ event: 'user', metadata: { trunkline_message_id: id } });
  const bot = (text: string, data: object = {}): object => ({ event: 'bot', text, data });
  const tracker = (...events: object[]): JsonObject => ({ events: events as JsonObject[] });

  it('finds what was said from a message to the next', async () => {
    const data = { buttons: [{ title: 'Yes', payload: '/y' }], image: null };
    const events = [
      user('1'),
      bot('old'),
      user('2'),
      bot('a\n\nb'),
      { event: 'action' },
      bot('Q', data),
    ];
    expect(await answersIn(tracker(...events, user('3'), bot('new')), '2')).toEqual([
      { recipient_id: '', text: 'a' },
      { recipient_id: '', text: 'b' },
      { recipient_id: '', text: 'Q', buttons: [{ title: 'Yes', payload: '/y' }] },
    ]);
  });

  it('tells a message without an answer from one that was not heard', async () => {
    expect(await answersIn(tracker(user('1')), '1')).toEqual([]);
    expect(await answersIn(tracker(user('1')), '2')).toBeNull();
    expect(await answersIn({}, '2')).toBeNull();
  });
});

async function post(url: string, id: string): Promise<void> {
  const response = await fetch(`${url}/webhooks/platform/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ id, text: `message ${id}` }),
  });
  expect(response.status).toBe(200);
}
