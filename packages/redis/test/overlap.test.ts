import {
  InputChannel,
  OutputChannel,
  Trunkline,
  UserMessage,
  type Handle,
  type Overlap,
  type Route,
  type TurnReport,
  type Turns,
} from '@trunkline/core';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { needs } from '../../../scripts/test-support/needs.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';
import { Proxy } from './support/proxy.ts';
import {
  anyRedis,
  newPrefix,
  openStore,
  QUICK,
  redisProgram,
  RedisServer,
  redisUrl,
  until,
} from './support/redis.ts';

expectNoUnhandledRejections();
beforeEach(needs(anyRedis));

/** What the users of both machines were told. */
let said: string[];
let url: string;
let prefix: string;
beforeEach(async () => {
  said = [];
  url = await redisUrl();
  prefix = newPrefix();
});

class PhoneOutput extends OutputChannel {
  readonly name = 'phone';
  override readonly numbersChoices = true;

  async sendTextMessage(_recipientId: string, text: string): Promise<void> {
    said.push(text);
  }
}

class PhoneInput extends InputChannel {
  readonly name = 'phone';
  turns: Turns | null = null;

  override routes(turns: Turns): Route[] {
    this.turns = turns;
    return [{ method: 'GET', path: '/', handle: (_req, res) => void res.end() }];
  }

  override getOutputChannel(): OutputChannel {
    return new PhoneOutput();
  }
}

/** A server: what it is handed, and what it reports. */
function start(assistant: Handle, overlap: Overlap, at = url, timing = QUICK) {
  const store = openStore({ url: at, prefix }, timing);
  const channel = new PhoneInput();
  const reports: TurnReport[] = [];
  const line = new Trunkline({
    channels: [channel],
    store,
    overlap: { mode: overlap, debounceMs: 300 },
    assistant,
    onTurn: (report) => void reports.push(report),
  });
  onTestFinished(() => line.close(0));
  const accept = async (text: string, messageId = text): Promise<unknown> =>
    await channel.turns?.accept(new UserMessage({ text, messageId, senderId: 'ada', address: {} }));
  return { accept, reports, store };
}

it('to accept a message is one round trip', async () => {
  const proxy = await Proxy.to(Number(new URL(url).port));
  onTestFinished(() => proxy.end());
  const rare = { leaseMs: 180_000, beatMs: 60_000, checkMs: 60_000, sweepMs: 60_000 };
  const { accept, reports, store } = start(() => {}, 'queue', proxy.url, rare);
  await accept('warm up');
  await until('the first turn', () => reports.length === 1);
  // What that turn has sent is answered, and nothing else is sent meanwhile.
  await store.ready();
  proxy.allowOneTrip();
  expect(await accept('Hi')).toBe('accepted');
});

describe('messages of one conversation that come in on two machines', () => {
  it('latest: the newer one ends what runs on the other machine', async () => {
    const begun = deferred();
    const reasons: unknown[] = [];
    const assistant: Handle = async (message, reply) => {
      if (message.text === 'new') {
        await reply.text('about new');
        return;
      }
      begun.resolve();
      await new Promise<void>((resolve) => {
        reply.signal.addEventListener('abort', () => {
          reasons.push(reply.signal.reason);
          resolve();
        });
      });
    };
    const [one, two] = [start(assistant, 'latest'), start(assistant, 'latest')];
    expect(await one.accept('old')).toBe('accepted');
    await begun.promise;
    const since = performance.now();
    expect(await two.accept('new')).toBe('accepted');
    await until('the answer', () => said.includes('about new'));
    // Without the news it had lasted to its deadline, of a minute.
    expect(performance.now() - since).toBeLessThan(10_000);
    expect(reasons).toMatchObject([{ reason: 'superseded' }]);
    await until('the reports', () => one.reports.length + two.reports.length === 2);
    const outcomes = [...one.reports, ...two.reports].map((report) => report.outcome);
    expect(outcomes.toSorted()).toEqual(['answered', 'superseded']);
    expect(said).toEqual(['about new']);
  });

  it('debounce: they become one', async () => {
    const assistant: Handle = async (message, reply) =>
      void (await reply.text(message.originals.map(({ text }) => text).join(' + ')));
    const [one, two] = [start(assistant, 'debounce'), start(assistant, 'debounce')];
    await one.accept('a');
    await two.accept('b');
    await one.accept('c');
    await until('the answer', () => said.length > 0);
    await until('the reports', () => one.reports.length + two.reports.length === 3);
    expect(said).toEqual(['a + b + c']);
  });

  it('of two quick "1"s the second does not answer the next question', async () => {
    const assistant: Handle = async (message, reply) => {
      const { choice, text } = message;
      if (text === 'begin') await reply.buttons('Size?', [{ title: 'S', payload: '/small' }]);
      else if (choice === null) await reply.text(`plain ${text}`);
      else await reply.buttons(`${text}. Sure?`, [{ title: 'Yes', payload: '/yes' }]);
    };
    const [one, two] = [start(assistant, 'queue'), start(assistant, 'queue')];
    await one.accept('begin');
    await until('the question', () => one.reports.length === 1);
    await two.accept('1', 'first');
    await one.accept('1', 'second');
    await until('the answers', () => one.reports.length + two.reports.length === 3);
    expect(said).toEqual(['Size?\n1. S', '/small. Sure?\n1. Yes', 'plain 1']);
  });
});

describe('a Redis that comes back with nothing in it', () => {
  beforeEach(needs(redisProgram));

  it.each<Overlap>(['queue', 'latest', 'debounce', 'parallel'])(
    'while turns run and wait keeps nobody from being answered (%s)',
    async (overlap) => {
      const server = await RedisServer.start();
      const held = deferred();
      let lost: AbortSignal | null = null;
      const assistant: Handle = async ({ text }, reply) => {
        lost ??= reply.signal;
        if (text === 'long') await held.promise;
        await reply.text(`re ${text}`);
      };
      const [one, two] = [
        start(assistant, overlap, server.url),
        start(assistant, overlap, server.url),
      ];
      onTestFinished(() => held.resolve());
      await one.accept('long');
      await until('it to run', () => lost !== null);
      await one.accept('behind it');
      await two.accept('behind it, elsewhere');
      await server.kill();
      await server.start();
      await until('it to be taken', async () =>
        ['accepted', 'duplicate'].includes(String(await one.accept('new').catch(String))),
      );
      await until('its answer', () => said.includes('re new'));
      await two.accept('newer');
      await until('the next answer', () => said.includes('re newer'));
      // It finds out with the next thing that it stores.
      held.resolve();
      await until('the end of what was lost', () => lost?.aborted === true);
    },
  );
});
