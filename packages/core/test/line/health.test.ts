import { MemoryStore, Trunkline, type Logger, type TrunklineOptions } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { EchoInput } from '../support/channels.ts';
import { FakeClock, settle } from '../support/fake-clock.ts';
import { serve } from '../support/http.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();

class Failing extends MemoryStore {
  override async ready(): Promise<void> {
    throw new Error('disk full');
  }
}

function channel(name: string, ready?: () => Promise<void>): EchoInput {
  const made = new EchoInput(name);
  if (ready !== undefined) made.ready = ready;
  return made;
}

/** What `GET` answers on a line, its clock moved on until it does. */
async function ask(
  path: string,
  options: Partial<TrunklineOptions> = {},
): Promise<[number, unknown]> {
  const clock = new FakeClock();
  const line = new Trunkline({ channels: [], assistant: () => {}, clock, ...options });
  const { url, stop } = await serve(line.handler());
  try {
    let isAnswered = false;
    const asked = fetch(url + path).finally(() => (isAnswered = true));
    while (!isAnswered) await (clock.pending > 0 ? clock.advance(1000) : settle());
    const response = await asked;
    expect(clock.pending).toBe(0);
    return [response.status, await response.json()];
  } finally {
    await stop();
  }
}

describe('GET /health', () => {
  it('says that the process is alive, whatever else is wrong', async () => {
    const channels = [channel('a', async () => Promise.reject(new Error('no')))];
    expect(await ask('/health', { channels, store: new Failing() })).toEqual([
      200,
      { status: 'ok' },
    ]);
  });
});

describe('GET /ready', () => {
  it('says that channels and store can be used', async () => {
    const channels = [channel('a'), channel('b', async () => {})];
    expect(await ask('/ready', { channels })).toEqual([
      200,
      { status: 'ready', store: 'ok', channels: { a: 'ok', b: 'ok' } },
    ]);
  });

  it('says which channel cannot, without saying why to everybody', async () => {
    const warnings: unknown[] = [];
    const log = (): void => {};
    const logger: Logger = {
      debug: log,
      info: log,
      error: log,
      warn: (fields, message) => void warnings.push([fields['part'], message]),
    };
    const channels = [
      channel('good'),
      channel('rejects', async () => Promise.reject(new Error('secret'))),
      channel('throws', () => {
        throw new Error('secret');
      }),
      channel('hangs', () => new Promise(() => {})),
    ];
    expect(await ask('/ready', { channels, logger })).toEqual([
      503,
      {
        status: 'not ready',
        store: 'ok',
        channels: { good: 'ok', rejects: 'failed', throws: 'failed', hangs: 'failed' },
      },
    ]);
    expect(warnings).toHaveLength(3);
    expect(warnings).toContainEqual(['hangs', 'hangs is not ready']);
  });

  it('says that the store cannot', async () => {
    expect(await ask('/ready', { store: new Failing() })).toEqual([
      503,
      { status: 'not ready', store: 'failed', channels: {} },
    ]);
  });

  it('is not troubled by a channel that fails after its time', async () => {
    let fail = (_error: Error): void => {};
    const channels = [channel('late', () => new Promise((_resolve, reject) => (fail = reject)))];
    expect((await ask('/ready', { channels }))[0]).toBe(503);
    fail(new Error('late'));
    await settle();
  });
});
