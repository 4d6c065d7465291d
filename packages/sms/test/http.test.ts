import { systemClock } from '@trunkline/core';
import { FakeClock } from '@trunkline/testing';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import type { Answer } from '../src/exchange.ts';
import { TwilioHttp } from '../src/http.ts';

interface Peer {
  http: TwilioHttp;
  clock: FakeClock;
  send(data?: object): Promise<Answer>;
}

async function peer(
  handle: RequestListener,
  options: { maxRetries?: number; timeoutMs?: number } = {},
): Promise<Peer> {
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const clock = new FakeClock();
  const http = new TwilioHttp({
    channel: 'sms',
    origin,
    timeoutMs: 5_000,
    maxRetries: 3,
    clock,
    ...options,
  });
  onTestFinished(async () => {
    await http.close();
    server.closeAllConnections();
    server.close();
  });
  const send = (data: object = { To: '+1' }): Promise<Answer> =>
    http.request({ method: 'post', uri: `${origin}/Messages.json`, data }, 'AC1', 'secret');
  return { http, clock, send };
}

/** Lets what waits for time go on until the promise has settled. */
async function throughTime<T>(clock: FakeClock, promise: Promise<T>): Promise<T> {
  let isSettled = false;
  const settled = promise.finally(() => (isSettled = true));
  settled.catch(() => {});
  while (!isSettled) {
    await clock.advance(100);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return await settled;
}

describe("the HTTP client underneath Twilio's SDK (traps 2, 3)", () => {
  it('sends a form with a login, lists as repeated names', async () => {
    const got = deferred<unknown[]>();
    const { send } = await peer((req, res) => {
      let body = '';
      req.on('data', (chunk) => (body += String(chunk)));
      req.on('end', () => {
        got.resolve([req.method, req.url, req.headers.authorization, body]);
        res.writeHead(201, { 'x-y': 'z' }).end('{"sid":"SM1"}');
      });
    });
    const answer = await send({ Body: 'a & b', MediaUrl: ['x', 'y'], Left: undefined });
    expect(answer).toMatchObject({
      statusCode: 201,
      body: '{"sid":"SM1"}',
      headers: { 'x-y': 'z' },
    });
    const login = Buffer.from('AC1:secret').toString('base64');
    expect(await got.promise).toEqual([
      'POST',
      '/Messages.json',
      `Basic ${login}`,
      'Body=a+%26+b&MediaUrl=x&MediaUrl=y',
    ]);
  });

  it('gathers an answer in pieces, behind one that announces it', async () => {
    const { send } = await peer((_, res) => {
      res.writeEarlyHints({ link: '</x>; rel=preload' });
      res.writeHead(201, { 'x-y': 'z' });
      res.write('{"sid":');
      setImmediate(() => res.end(Buffer.from('"SM1 é"}')));
    });
    expect(await send()).toMatchObject({
      statusCode: 201,
      body: '{"sid":"SM1 é"}',
      headers: { 'x-y': 'z' },
    });
  });

  it('takes no half of an answer for a whole one', async () => {
    const { send } = await peer((_, res) => {
      res.writeHead(201, { 'content-length': '100' });
      res.write('{"sid":', () => res.destroy());
    });
    await expect(send()).rejects.toMatchObject({ retryable: true, mayHaveArrived: true });
  });

  it('gathers no answer without an end', async () => {
    const piece = Buffer.alloc(1024 * 1024, '<');
    const closed = deferred<boolean>();
    const { send } = await peer((_, res) => {
      let pieces = 0;
      res.writeHead(200).on('close', () => closed.resolve(res.writableFinished));
      const more = (): unknown => (++pieces > 64 ? res.end() : res.write(piece, more));
      more();
    });
    // It may have been sent: the line decides by `delivery.whenUnknown`.
    await expect(send()).rejects.toMatchObject({
      name: 'DeliveryError',
      message: expect.stringMatching(/^\[sms\] the answer is larger .* may have gone out/),
      retryable: true,
      mayHaveArrived: true,
    });
    expect(await closed.promise, 'it was read to its end').toBe(false);
  });

  it('tries again what is throttled, as often as it may', async () => {
    let tries = 0;
    const { send, clock } = await peer((_, res) => {
      if (++tries < 4) res.writeHead(429).end('{"code":20429}');
      else res.writeHead(201).end('{}');
    });
    expect(await throughTime(clock, send())).toMatchObject({ statusCode: 201 });
    expect(tries).toBe(4);
  });

  it('waits longer each time where nothing says how long', async () => {
    const random = vi.spyOn(Math, 'random').mockReturnValue(0.5);
    onTestFinished(() => random.mockRestore());
    const { send, clock } = await peer((_, res) => void res.writeHead(429).end());
    const after = vi.spyOn(clock, 'after');
    await expect(throughTime(clock, send())).rejects.toMatchObject({ retryAfterMs: null });
    expect(after.mock.calls.map(([ms]) => ms)).toEqual([100, 200, 400]);
  });

  it('gives up, and says when to come again', async () => {
    let tries = 0;
    const { send, clock } = await peer(
      (_, res) => {
        tries++;
        res.writeHead(429, { 'retry-after': '2' }).end('{"code":20429}');
      },
      { maxRetries: 1 },
    );
    await expect(throughTime(clock, send())).rejects.toMatchObject({
      retryable: true,
      mayHaveArrived: false,
      retryAfterMs: 2_000,
      platformCode: '20429',
    });
    expect(tries).toBe(2);
  });

  it('reads a Retry-After that is a date, by the clock', async () => {
    const answers = [2_000, -60_000];
    const { send, clock } = await peer(
      (_, res) => {
        const at = new Date(clock.now() + (answers.shift() ?? 0));
        res.writeHead(429, { 'retry-after': at.toUTCString() }).end('{"code":20429}');
      },
      { maxRetries: 0 },
    );
    // A date has no milliseconds.
    await clock.advance(1_000 - (clock.now() % 1_000));
    await expect(send()).rejects.toMatchObject({ retryAfterMs: 2_000 });
    await expect(send()).rejects.toMatchObject({ retryAfterMs: 0 });
  });

  it('waits for no Retry-After that is longer than its own delays', async () => {
    let tries = 0;
    const { send } = await peer((_, res) => {
      tries++;
      res.writeHead(429, { 'retry-after': '60' }).end('slow down');
    });
    await expect(send()).rejects.toMatchObject({ retryAfterMs: 60_000, platformCode: '20429' });
    expect(tries).toBe(1);
  });

  it('waits no longer than that altogether: the user may opt out meanwhile', async () => {
    let tries = 0;
    const { send, clock } = await peer((_, res) => {
      tries++;
      res.writeHead(429, { 'retry-after': '2' }).end('{"code":20429}');
    });
    await expect(throughTime(clock, send())).rejects.toMatchObject({ retryAfterMs: 2_000 });
    expect(tries).toBe(2);
  });

  it('passes on errors as they are', async () => {
    const { send } = await peer((_, res) => res.writeHead(500).end('<h1>Oops</h1>'));
    expect(await send()).toMatchObject({ statusCode: 500, body: '<h1>Oops</h1>' });
  });

  it('ends what takes too long', async () => {
    const { send } = await peer(() => {}, { timeoutMs: 50 });
    await expect(send()).rejects.toMatchObject({ retryable: true, mayHaveArrived: true });
  });

  it('never shows the login in an error (trap 4)', async () => {
    const { send } = await peer((_, res) => res.destroy());
    const error: unknown = await send().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ mayHaveArrived: true });
    const shown = inspect(error, { depth: 20, showHidden: true });
    expect(shown).not.toContain('secret');
    expect(shown).not.toContain(Buffer.from('AC1:secret').toString('base64'));
  });

  it('says what never left', async () => {
    const http = new TwilioHttp({
      channel: 'sms',
      origin: 'http://127.0.0.1:1',
      timeoutMs: 1_000,
      maxRetries: 0,
      clock: systemClock,
    });
    onTestFinished(() => http.close());
    const request = http.request({ method: 'get', uri: 'http://127.0.0.1:1/' }, 'AC1', 'secret');
    await expect(request).rejects.toMatchObject({ retryable: true, mayHaveArrived: false });
  });
});
