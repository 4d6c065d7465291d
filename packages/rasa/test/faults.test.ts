import { RestInput } from '@trunkline/rest';
import { FakeClock } from '@trunkline/testing';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { PlatformInput, type Platform } from './support/platform.ts';
import { endAfterEach, SLOWLY, startScene, type Scene } from './support/scene.ts';
import type { Fault, StandInOptions } from './support/stand-in.ts';

expectNoUnhandledRejections();
endAfterEach();

const APOLOGY = 'I am not well just now.';
const apology = { recipient_id: 'ada', text: APOLOGY };
const answer = { recipient_id: 'ada', text: 'You said: Hi' };

/** A Rasa that fails, and a line that apologises for it. Time is ours where a clock is given. */
function startFaulty(
  options: StandInOptions = {},
  rasaOptions: Parameters<typeof startScene>[1] = {},
): Promise<Scene> {
  const retries = { retryMs: 0, ...rasaOptions };
  return startScene(options, retries, { apology: APOLOGY });
}

/** Moves time on until a promise has settled. */
async function passTime<T>(clock: FakeClock, promise: Promise<T>, stepMs: number): Promise<T> {
  let isOpen = true;
  const done = promise.finally(() => (isOpen = false));
  // Not in one go: what is waited for begins only when a request has come through.
  while (isOpen) await clock.advance(stepMs);
  return await done;
}

const line = (text: string): string => `{"recipient_id": "rest::ada", "text": "${text}"}\n`;
const ok = (res: ServerResponse, type = 'text/event-stream'): ServerResponse =>
  res.writeHead(200, { 'content-type': type });

describe('a Rasa that has not said anything', () => {
  it('and cannot be reached is asked again until it is there', async () => {
    const { rasa, ask } = await startFaulty({}, { retryMs: 60_000 });
    await rasa.stop();
    const asked = ask('Hi');
    await rasa.listen();
    expect(await asked).toEqual([answer]);
    expect(rasa.heard).toHaveLength(1);
  });

  it('and cannot be reached is given up after retryMs', async () => {
    const clock = new FakeClock();
    const { rasa, ask, errors } = await startFaulty({}, { retryMs: 5_000, clock });
    await rasa.stop();
    const before = clock.now();
    expect(await passTime(clock, ask('Hi'), 50)).toEqual([apology]);
    expect(clock.now() - before).toBeGreaterThan(3_000);
    expect(errors.map(({ error }) => [error.name, error.message])).toEqual([
      ['RetryableError', `Rasa at ${rasa.url} is away: no connection (ECONNREFUSED)`],
    ]);
  });

  it.each<[string, Fault]>([
    ['and hangs up', (req) => req.socket.destroy()],
    ['and hangs up after the head', (req, res) => ok(res).flushHeaders() ?? req.socket.destroy()],
    ['and is restarted behind a proxy (502)', (_req, res) => res.writeHead(502).end('<html>')],
    ['and is overloaded (503)', (_req, res) => res.writeHead(503).end('Service Unavailable')],
  ])('%s is asked again', async (_what, fault) => {
    const { rasa, ask, errors } = await startFaulty({}, { retryMs: 60_000 });
    rasa.faults.push(fault, fault);
    expect(await ask('Hi')).toEqual([answer]);
    expect(rasa.requests).toHaveLength(3);
    expect(errors).toEqual([]);
  });

  it('and takes too long is not asked again, since it is at work', async () => {
    const clock = new FakeClock();
    const [heard, gate] = [deferred(), deferred()];
    const agent = async (): Promise<void> => {
      heard.resolve();
      await gate.promise;
    };
    const { rasa, ask, errors } = await startFaulty(
      { agent },
      { clock, firstByteMs: 3_000, retryMs: 60_000 },
    );
    const asked = ask('Hi');
    await heard.promise;
    await clock.advance(2_999);
    expect(errors).toEqual([]);
    await clock.advance(1);
    expect(await asked).toEqual([apology]);
    expect(errors[0]?.error).toMatchObject({
      code: 'rasa_timeout',
      message: 'Rasa said nothing within 3000 ms (firstByteMs)',
    });
    expect(rasa.requests).toHaveLength(1);
    gate.resolve();
  });

  it('and whose model is not loaded yet has not heard the message', async () => {
    const { rasa, ask, errors } = await startFaulty({ agent: null, api: true });
    expect(await ask('Hi')).toEqual([apology]);
    expect(rasa.requests).toEqual(['POST /webhooks/rest/webhook?stream=true', 'GET /status']);
    expect(errors[0]?.error).toMatchObject({ name: 'RetryableError' });
  });

  it('and does not stream, with an empty list, says nothing', async () => {
    const { rasa, ask, errors } = await startFaulty();
    rasa.faults.push((_req, res) => ok(res, 'application/json').end('[]'));
    expect(await ask('Hi')).toEqual([]);
    expect(errors).toEqual([]);
  });
});

describe('a Rasa that is restarted', () => {
  it('has a deferred turn wait for it, and answers', async () => {
    const platform: Platform = { sent: [], onSend: () => {} };
    const { rasa, url, errors } = await startScene(
      {},
      { retryMs: 0 },
      {
        channels: [new PlatformInput(platform)],
        apology: APOLOGY,
        delivery: { firstDelayMs: 300 },
      },
    );
    await rasa.stop();
    await fetch(`${url}/webhooks/platform/webhook`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"id":"1","text":"Hi"}',
    });
    await expect.poll(() => errors.length, SLOWLY).toBe(1);
    await rasa.listen();
    await expect.poll(() => platform.sent, SLOWLY).toEqual(['You said: Hi']);
    expect(rasa.heard).toHaveLength(1);
  });
});

describe('a Rasa that has said something', () => {
  it.each<[string, Fault, string]>([
    [
      'and breaks off',
      (req, res) => ok(res).write(line('one'), () => req.socket.destroy()),
      'the connection to Rasa broke within its answer',
    ],
    [
      'and ends within a line',
      (_req, res) => ok(res).end(`${line('one')}{"recipient_id": "rest::a`),
      'Rasa answered with half a line',
    ],
    [
      'and goes on with garbage',
      (_req, res) => ok(res).end(`${line('one')}Traceback (most recent call last):\n`),
      'Rasa answered with a line that is no JSON',
    ],
  ])(
    '%s is not asked again: what it said is said, and then the apology',
    async (_w, fault, why) => {
      const { rasa, ask, errors } = await startFaulty({}, { retryMs: 60_000 });
      rasa.faults.push(fault);
      expect(await ask('Hi')).toEqual([{ recipient_id: 'ada', text: 'one' }, apology]);
      expect(errors.map(({ error }) => error.message)).toEqual([why]);
      expect(rasa.requests).toHaveLength(1);
    },
  );

  it('and breaks off within its first line is not asked again, since it has answered', async () => {
    const { rasa, ask, errors } = await startFaulty({}, { retryMs: 60_000 });
    rasa.faults.push((req, res) => ok(res).write('{"recip', () => req.socket.destroy()));
    expect(await ask('Hi')).toEqual([apology]);
    expect(errors.map(({ error }) => error.message)).toEqual([
      'the connection to Rasa broke within its answer',
    ]);
    expect(rasa.requests).toHaveLength(1);
  });

  it('and breaks off within a stream of tokens: what was shown stands', async () => {
    const { rasa, post } = await startFaulty();
    const tokens = ['It', ' is'].map((text) => line(text)).join('');
    rasa.faults.push((req, res) => ok(res).write(tokens, () => req.socket.destroy()));
    const said = await (await post({ sender: 'ada', message: 'Hi' })).json();
    expect(said).toEqual([{ recipient_id: 'ada', text: 'It is' }, apology]);
  });

  it('and whose stream never ends, because it failed, is not waited for for ever', async () => {
    const clock = new FakeClock();
    const agent: StandInOptions['agent'] = async (_heard, bot) => {
      await bot.utter({ text: 'one' });
      throw new Error('the action server is not there');
    };
    const { rasa, ask, errors } = await startFaulty({ agent }, { clock, idleMs: 4_000 });
    expect(await passTime(clock, ask('Hi'), 500)).toEqual([
      { recipient_id: 'ada', text: 'one' },
      apology,
    ]);
    expect(errors[0]?.error.message).toBe('Rasa went on with no answer within 4000 ms (idleMs)');
    await expect.poll(() => rasa.abandoned, SLOWLY).toBe(1);
  });

  it('and never stops is ended after totalMs', async () => {
    const clock = new FakeClock();
    const { rasa, ask, errors } = await startFaulty({}, { clock, totalMs: 10_000 });
    const written: ServerResponse[] = [];
    rasa.faults.push((_req, res) => {
      written.push(ok(res));
      const more = (): void => {
        if (!res.destroyed) res.write(line('again and again.'), () => setImmediate(more));
      };
      more();
    });
    const said = await passTime(clock, ask('Hi'), 1_000);
    expect((said as unknown[]).at(-1)).toEqual(apology);
    expect(errors[0]?.error.message).toBe('Rasa was not done within 10000 ms (totalMs)');
    await expect.poll(() => written[0]?.destroyed, SLOWLY).toBe(true);
  });
});

describe('a Rasa that turns us away', () => {
  it.each<[string, Fault, string, string]>([
    [
      'with 401',
      (_req, res) => res.writeHead(401).end('{"reason":"NotAuthenticated","message":"Hi"}'),
      'ConfigurationError',
      'Rasa answered 401 (NotAuthenticated) on /webhooks/rest/webhook',
    ],
    [
      'with 404, since its rest channel is not on',
      (_req, res) => res.writeHead(404).end('{"description":"Not Found"}'),
      'ConfigurationError',
      'Rasa answered 404 on /webhooks/rest/webhook',
    ],
    [
      'with a redirect',
      (_req, res) => res.writeHead(301, { location: 'https://rasa.example/' }).end(),
      'ConfigurationError',
      'Rasa answered 301 on /webhooks/rest/webhook: name the url it redirects to',
    ],
    [
      'with 500',
      (_req, res) => res.writeHead(500).end('Internal Server Error'),
      'RasaError',
      'Rasa answered 500 on /webhooks/rest/webhook; its log says why',
    ],
    [
      'with a page',
      (_req, res) => ok(res, 'text/html; charset=utf-8').end('<html><body>Sign in</body></html>'),
      'RasaError',
      'Rasa answered with a page instead of an answer on /webhooks/rest/webhook',
    ],
    [
      'with something that is no response',
      (_req, res) => ok(res).end('{"text": 5}\n'),
      'RasaError',
      'Rasa answered with a message whose text is no text',
    ],
  ])('%s is told apart, and the user gets the apology', async (_what, fault, name, message) => {
    const { rasa, ask, errors } = await startFaulty({}, { retryMs: 60_000 });
    rasa.faults.push(fault);
    expect(await ask('Hi')).toEqual([apology]);
    expect(rasa.requests).toHaveLength(1);
    expect(errors).toHaveLength(1);
    expect(errors[0]?.error.name).toBe(name);
    expect(errors[0]?.error.message).toContain(message);
  });
});

describe('a platform', () => {
  const write = (url: string): Promise<Response> =>
    fetch(`${url}/webhooks/platform/webhook`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"id":"1","text":"Hi"}',
    });

  it('that is slow is not taken for a Rasa that is', async () => {
    const clock = new FakeClock();
    const [asked, gate] = [deferred(), deferred()];
    const onSend = (): Promise<void> => {
      asked.resolve();
      return gate.promise;
    };
    const platform: Platform = { sent: [], onSend };
    const { url, errors } = await startScene(
      {
        agent: async (_heard, bot) => {
          await bot.utter({ text: 'one' });
          await gate.promise;
          await bot.utter({ text: 'two' });
        },
      },
      { clock, tokens: 'separate', firstByteMs: 1_000, idleMs: 1_000 },
      { channels: [new PlatformInput(platform)] },
    );
    await write(url);
    await asked.promise;
    await clock.advance(10_000);
    gate.resolve();
    await expect.poll(() => platform.sent, SLOWLY).toEqual(['one', 'two']);
    expect(errors).toEqual([]);
  });

  it('that refuses a response ends the request, also while Rasa is silent', async () => {
    const gate = deferred();
    const onSend = (): never => {
      throw new Error('the platform refuses this');
    };
    const { rasa, url, errors } = await startScene(
      {
        agent: async (_heard, bot) => {
          await bot.utter({ text: 'held until it is quiet' });
          await gate.promise;
        },
      },
      {},
      { channels: [new PlatformInput({ sent: [], onSend })] },
    );
    await write(url);
    await expect.poll(() => rasa.abandoned, SLOWLY).toBe(1);
    expect(errors.map(({ error }) => error.message)).toContain('the platform refuses this');
    gate.resolve();
  });
});

describe('no timer', () => {
  it('is left behind by a turn, whatever becomes of it', async () => {
    const clock = new FakeClock();
    const platform: Platform = { sent: [], onSend: () => {} };
    const { rasa, url, errors } = await startScene(
      { agent: (_heard, bot) => bot.utter({ text: 'one\n\ntwo\n\nthree' }) },
      { clock, tokens: 'separate' },
      { channels: [new PlatformInput(platform)] },
    );
    const write = (id: string): Promise<Response> =>
      fetch(`${url}/webhooks/platform/webhook`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ id, text: 'Hi' }),
      });
    await write('1');
    await expect.poll(() => platform.sent, SLOWLY).toEqual(['one', 'two', 'three']);
    await expect.poll(() => clock.pending, SLOWLY).toBe(0);
    platform.onSend = () => {
      throw new Error('the platform refuses this');
    };
    await write('2');
    await expect.poll(() => errors.length, SLOWLY).toBeGreaterThan(0);
    await expect.poll(() => clock.pending, SLOWLY).toBe(0);
    expect(rasa.heard).toHaveLength(2);
  });
});

describe('no error', () => {
  it('holds the token, or what was said', async () => {
    const { rasa, ask, errors } = await startScene(
      { api: true, token: 'right' },
      { token: 'sesame', resume: true, trackerState: true },
      { channels: [new RestInput()] },
    );
    rasa.faults.push((_req, res) => res.writeHead(500).end('{"message":"my secret"}'));
    await ask('my secret');
    const texts = errors.map(({ error }) => `${error.stack} ${String(error.cause)}`).join('');
    expect(texts).toContain('500');
    expect(texts).not.toMatch(/sesame|my secret/);
  });
});
