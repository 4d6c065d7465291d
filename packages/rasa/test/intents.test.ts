import { ProactiveError } from '@trunkline/core';
import type { RasaOptions } from '@trunkline/rasa';
import { describe, expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { PlatformInput, type Platform } from './support/platform.ts';
import { endAfterEach, SLOWLY, startScene, type Scene } from './support/scene.ts';
import type { StandInOptions } from './support/stand-in.ts';

expectNoUnhandledRejections();
endAfterEach();

const API_TOKEN = 'aTokenOfTheLinesOwn';

/** A line on whose platform Ada has written. */
async function withAda(
  standIn: StandInOptions = {},
  options: Partial<RasaOptions> = {},
): Promise<Scene & { platform: Platform }> {
  const platform: Platform = { sent: [], onSend: () => {} };
  const scene = await startScene(
    { api: true, intents: ['greet', { remind: { use_entities: true } }], ...standIn },
    { token: 'sesame', retryMs: 0, ...options },
    { channels: [new PlatformInput(platform)], api: { token: API_TOKEN } },
  );
  await fetch(`${scene.url}/webhooks/platform/webhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"id":"1","text":"Hi"}',
  });
  await expect.poll(() => platform.sent, SLOWLY).toHaveLength(1);
  platform.sent.length = 0;
  return { ...scene, platform };
}

describe('an intent that is triggered', () => {
  it('is answered by Rasa, on the channel of the user', async () => {
    const { rasa, line, platform } = await withAda({ token: 'sesame' });
    rasa.agent = ({ text }, bot) => bot.utter({ text: `Heard ${text}.\n\nThat is all.` });
    const entities = [{ entity: 'place', value: 'Rome' }];
    await line.triggerIntent('U1', { name: 'remind', entities });
    await expect
      .poll(() => platform.sent, SLOWLY)
      .toEqual(['Heard EXTERNAL: remind.', 'That is all.']);
    expect(rasa.heard.at(-1)).toMatchObject({ sender: 'platform:T1:U1', metadata: entities });
    expect(rasa.requests.slice(-2)).toEqual([
      'GET /domain?token=sesame',
      'POST /conversations/platform:T1:U1/trigger_intent?include_events=NONE&token=sesame',
    ]);
  });

  it('is refused if Rasa’s domain has none of its name', async () => {
    const { rasa, line } = await withAda();
    const refused = line.triggerIntent('U1', { name: 'dance' });
    await expect(refused).rejects.toThrow(ProactiveError);
    await expect(refused).rejects.toMatchObject({ status: 404, code: 'unknown_intent' });
    expect(rasa.requests.at(-1)).toBe('GET /domain?token=sesame');
  });

  it('may be one that every Rasa has; known ones are not asked for each time', async () => {
    const { rasa, line, platform } = await withAda();
    const before = rasa.requests.length;
    for (const name of ['greet', 'greet', 'remind']) await line.triggerIntent('U1', { name });
    await expect.poll(() => platform.sent, SLOWLY).toHaveLength(3);
    const asked = rasa.requests
      .slice(before)
      .filter((request) => request.startsWith('GET /domain'));
    expect(asked).toHaveLength(1);
    const assistant = line.assistant;
    expect(await assistant.knowsIntent?.('restart')).toBe(true);
  });

  it('is refused for now while Rasa is away', async () => {
    const { rasa, line } = await withAda();
    await rasa.stop();
    await expect(line.triggerIntent('U1', { name: 'greet' })).rejects.toMatchObject({
      name: 'RetryableError',
    });
    await rasa.listen();
  });

  it('is not triggered again where the connection breaks within Rasa’s answer', async () => {
    const { rasa, line, platform } = await withAda({ token: 'sesame' }, { retryMs: 60_000 });
    await line.assistant.knowsIntent?.('greet');
    rasa.faults.push((req, res) => {
      res.writeHead(200, { 'content-type': 'application/json' });
      res.write('{"messages":', () => req.socket.destroy());
    });
    const before = rasa.requests.length;
    await line.triggerIntent('U1', { name: 'greet' });
    await line.triggerIntent('U1', { name: 'remind' });
    await expect.poll(() => platform.sent, SLOWLY).toEqual(['You said: EXTERNAL: remind']);
    expect(rasa.requests.slice(before)).toHaveLength(2);
  });

  it('is asked for again where the connection breaks within an answer that only tells', async () => {
    const { rasa, line, platform } = await withAda({ token: 'sesame' }, { retryMs: 60_000 });
    rasa.faults.push((req, res) => {
      res.writeHead(200, { 'content-type': 'application/json' });
      res.write('{"intents":', () => req.socket.destroy());
    });
    await line.triggerIntent('U1', { name: 'greet' });
    await expect.poll(() => platform.sent, SLOWLY).toEqual(['You said: EXTERNAL: greet']);
  });

  it('says what to do where Rasa has no API', async () => {
    const { line } = await withAda({ api: false });
    await expect(line.triggerIntent('U1', { name: 'greet' })).rejects.toThrow(
      'start Rasa with --enable-api',
    );
  });
});

describe('POST /conversations/<id>/trigger_intent, with Rasa behind it', () => {
  async function trigger(url: string, query: string, body: unknown): Promise<Response> {
    return await fetch(`${url}/conversations/U1/trigger_intent${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${API_TOKEN}` },
      body: JSON.stringify(body),
    });
  }

  it('is answered with Rasa’s tracker and messages', async () => {
    const { rasa, url, platform } = await withAda({}, { trackerState: true });
    const response = await trigger(url, '', { name: 'greet', entities: { place: 'Rome' } });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      tracker: {
        sender_id: 'platform:T1:U1',
        events: [{ text: 'Hi' }, {}, { text: 'EXTERNAL: greet' }, { event: 'bot' }],
      },
      messages: [{ recipient_id: 'U1', text: 'You said: EXTERNAL: greet' }],
    });
    expect(rasa.heard.at(-1)?.metadata).toEqual([{ entity: 'place', value: 'Rome' }]);
    expect(platform.sent).toEqual([]);
  });

  it('reaches the user where an output channel is named', async () => {
    const { url, platform } = await withAda();
    expect((await trigger(url, '?output_channel=latest', { name: 'greet' })).status).toBe(200);
    await expect.poll(() => platform.sent, SLOWLY).toEqual(['You said: EXTERNAL: greet']);
  });

  it('is 404 for an intent that Rasa’s domain has not, and 400 for none', async () => {
    const { url } = await withAda();
    const unknown = await trigger(url, '', { name: 'dance' });
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { reason: 'NotFound' }]);
    const none = await trigger(url, '', { intent: 'greet' });
    const details = { parameter: 'name', in: 'body' };
    expect([none.status, await none.json()]).toMatchObject([
      400,
      { reason: 'BadRequest', details },
    ]);
  });
});
