import { ProactiveError } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { PlatformInput, type Platform } from './support/platform.ts';
import { endAfterEach, SLOWLY, startScene, type Scene } from './support/scene.ts';
import type { StandInOptions } from './support/stand-in.ts';

expectNoUnhandledRejections();
endAfterEach();

/** A line on whose platform Ada has written. */
async function withAda(standIn: StandInOptions = {}): Promise<Scene & { platform: Platform }> {
  const platform: Platform = { sent: [], onSend: () => {} };
  const scene = await startScene(
    { api: true, intents: ['greet', { remind: { use_entities: true } }], ...standIn },
    { token: 'sesame', retryMs: 0 },
    { channels: [new PlatformInput(platform)] },
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

  it('says what to do where Rasa has no API', async () => {
    const { line } = await withAda({ api: false });
    await expect(line.triggerIntent('U1', { name: 'greet' })).rejects.toThrow(
      'start Rasa with --enable-api',
    );
  });
});
