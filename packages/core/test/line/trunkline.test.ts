import {
  ConfigurationError,
  InputChannel,
  MemoryStore,
  OverloadedError,
  Trunkline,
  type Hooks,
  type LogMethod,
  type Reply,
} from '@trunkline/core';
import type { Server } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { EchoInput, postJson } from '../support/channels.ts';
import { serve, urlOf } from '../support/http.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();

const assistant = async (message: { text: string | null }, reply: Reply): Promise<void> => {
  await reply.text(`You said: ${message.text}`);
};
const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function listen(line: Trunkline): Promise<string> {
  cleanUps.push(() => line.close());
  return urlOf(await line.listen(0, '127.0.0.1'));
}

describe('a line', () => {
  it('answers a message on its channel', async () => {
    const url = await listen(new Trunkline({ channels: [new EchoInput()], assistant }));
    const response = await postJson(`${url}/webhooks/echo/webhook`, { sender: 'ada', text: 'Hi' });
    expect(await response.json()).toEqual([{ recipient_id: 'ada', text: 'You said: Hi' }]);
    expect(await (await fetch(`${url}/webhooks/echo/`)).json()).toEqual({ status: 'ok' });
    expect(await (await fetch(`${url}/webhooks/echo`)).json()).toEqual({ status: 'ok' });
  });

  it('answers what is not there, wrong methods and OPTIONS', async () => {
    const url = await listen(new Trunkline({ channels: [new EchoInput()], assistant }));
    const missing = await fetch(`${url}/webhooks/nobody/webhook`);
    expect(missing.status).toBe(404);
    expect(missing.headers.get('content-type')).toBe('application/problem+json');
    const wrong = await fetch(`${url}/webhooks/echo/webhook`);
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
    const options = await fetch(`${url}/webhooks/echo/`, { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
    const head = await fetch(`${url}/webhooks/echo/`, { method: 'HEAD' });
    expect([head.status, await head.text()]).toEqual([200, '']);
  });

  it.each([
    ['/webhooks/', 'echo', '/webhooks/echo'],
    ['/bots/', 'echo', '/bots/echo'],
    ['/should_be_ignored', '/absolute_route', '/absolute_route'],
    [null, 'echo', ''],
  ])('mounts below %j a channel with the prefix %j at %j', async (route, prefix, mount) => {
    const channels = [new EchoInput('echo', prefix)];
    expect(channels[0]?.mountPath).toBe(null);
    const url = await listen(new Trunkline({ channels, assistant, route }));
    expect((await postJson(`${url}${mount}/webhook`, { text: 'Hi' })).status).toBe(200);
    expect(channels[0]?.mountPath).toBe(mount);
  });

  // The story: a second server that the port was taken from had taken up deferred turns by the time that it knew,
  // and stopped in the middle of them.
  it('takes up no turn where it cannot listen', async () => {
    const store = new MemoryStore();
    const other = new Trunkline({ channels: [], assistant });
    cleanUps.push(() => other.close());
    const port = Number(new URL(urlOf(await other.listen(0, '127.0.0.1'))).port);
    let watched = 0;
    const { watch } = store.turns;
    store.turns.watch = (...args) => (watched++, watch.apply(store.turns, args));
    const line = new Trunkline({ channels: [], assistant, store });
    cleanUps.push(() => line.close());
    await expect(line.listen(port, '127.0.0.1')).rejects.toThrow('is taken');
    expect(watched).toBe(0);
    await line.listen(0, '127.0.0.1');
    expect(watched).toBe(1);
  });

  it('mounts a channel under its aliases too, but those that are the prefix of another', async () => {
    class AliasedInput extends EchoInput {
      override urlAliases(): string[] {
        return ['parrot', 'other', this.name];
      }
    }
    const heard: string[] = [];
    const url = await listen(
      new Trunkline({
        channels: [new AliasedInput('echo'), new EchoInput('other')],
        assistant: (message) => void heard.push(`${message.inputChannel}`),
      }),
    );
    for (const prefix of ['echo', 'parrot', 'other']) {
      await postJson(`${url}/webhooks/${prefix}/webhook`, { text: 'Hi' });
    }
    expect(heard).toEqual(['echo', 'echo', 'other']);
  });

  it('carries two channels of one class under two names', async () => {
    const channels = [new EchoInput('rest'), new EchoInput('rasa')];
    const line = new Trunkline({ channels, assistant });
    expect(line.channels).toEqual(channels);
    const url = await listen(line);
    for (const name of ['rest', 'rasa']) {
      expect((await postJson(`${url}/webhooks/${name}/webhook`, {})).status).toBe(200);
    }
  });

  it('refuses two channels with one name, one path or none', () => {
    class Nameless extends EchoInput {
      constructor() {
        super('');
      }
    }
    const make = (...channels: InputChannel[]): Trunkline => new Trunkline({ channels, assistant });
    expect(() => make(new EchoInput(), new EchoInput())).toThrow('two channels are called echo');
    expect(() => make(new EchoInput('a', 'x'), new EchoInput('b', 'x'))).toThrow(
      'two routes answer GET /webhooks/x',
    );
    expect(() => make(new Nameless())).toThrow('a channel of class Nameless has no name');
    expect(() => make(new Nameless())).toThrow(ConfigurationError);
  });

  it.each([
    [{}, 'channels must be a list'],
    [{ channels: {} }, 'channels must be a list'],
    [{ channels: [EchoInput] }, 'make a channel of it, new EchoInput()'],
    [{ channels: [{ name: 'x' }] }, 'does not extend InputChannel'],
    [{ channels: [null] }, 'does not extend InputChannel'],
    [{ channels: [], turn: {} }, 'unknown option "turn", did you mean "turns"?'],
    [
      { channels: [], turns: { maxQueue: 5 } },
      'unknown option "turns.maxQueue", did you mean "maxQueued"?',
    ],
    [{ channels: [], history: { maxEntries: 'x' } }, 'history.maxEntries must be a whole number'],
    // A TypeError that names no option, or a number that nobody heeds.
    [
      { channels: [], overlap: null },
      'overlap must be a mode or an object of options, and is null',
    ],
    [{ channels: [], overlap: { channels: null } }, 'overlap.channels must be an object'],
    [{ channels: [], overlap: { mode: null } }, 'overlap is one of queue, latest'],
    [{ channels: [], turns: 5 }, 'turns must be an object of options, and is of type number'],
    [{ channels: [], delivery: null }, 'delivery must be an object of options, and is null'],
    [{ channels: [], history: [] }, 'history must be an object of options, and is a list'],
    [{ channels: [], session: true }, 'session must be an object of options'],
    [{ channels: [], store: 'data.db' }, 'store must be a store, new SqliteStore({ file }) say'],
    [{ channels: [], clock: 5 }, 'clock must be a clock'],
    [{ channels: [], route: 5 }, 'route must be a path, or null'],
    [{ channels: [], conversationKey: 'x' }, 'conversationKey must be a function'],
  ])('says what is wrong with its options: %o', (options, message) => {
    const make = (): Trunkline => new Trunkline({ assistant, ...options } as never);
    expect(make).toThrow(ConfigurationError);
    expect(make).toThrow(message);
  });

  it('refuses an assistant that is none, and limits that are none', () => {
    const options = { channels: [], assistant };
    expect(() => new Trunkline({ ...options, assistant: 'echo' as never })).toThrow(
      ConfigurationError,
    );
    expect(() => new Trunkline({ ...options, turns: { maxRunning: 0 } })).toThrow(
      'turns.maxRunning',
    );
  });

  it('wraps turns and sees responses', async () => {
    const order: string[] = [];
    const line = new Trunkline({ channels: [new EchoInput()], assistant })
      .use(async (_message, _reply, next) => {
        order.push('in');
        await next();
        order.push('out');
      })
      .transform((response) => ({ ...response, text: `${response.text}!` }));
    const url = await listen(line);
    const response = await postJson(`${url}/webhooks/echo/webhook`, { text: 'Hi' });
    expect(await response.json()).toEqual([{ recipient_id: 'default', text: 'You said: Hi!' }]);
    expect(order).toEqual(['in', 'out']);
  });

  it('lets its assistant be replaced', async () => {
    const line = new Trunkline({ channels: [new EchoInput()], assistant });
    const url = await listen(line);
    line.assistant = async (_message, reply) => void (await reply.text('new'));
    const response = await postJson(`${url}/webhooks/echo/webhook`, { text: 'Hi' });
    expect(await response.json()).toEqual([{ recipient_id: 'default', text: 'new' }]);
  });

  it('tells its assistant, and the one that takes its place, of its channels', () => {
    const channels = [new EchoInput()];
    const told: unknown[] = [];
    const curious = { handle: () => {}, onChannels: (all: unknown) => void told.push(all) };
    const line = new Trunkline({ channels, assistant: curious });
    line.assistant = { ...curious };
    expect(told).toEqual([channels, channels]);
    const before = line.assistant;
    const missing = (): never => {
      throw new ConfigurationError('there is no channel "fax"');
    };
    const demanding = { handle: () => {}, onChannels: missing };
    expect(() => (line.assistant = demanding)).toThrow('there is no channel "fax"');
    expect(line.assistant).toBe(before);
    expect(() => new Trunkline({ channels, assistant: demanding })).toThrow('"fax"');
  });

  it('answers what a route throws with the status that fits, and reports what is its own', async () => {
    const errors: string[] = [];
    const thrown: Record<string, unknown> = {
      '/own': new Error('secret'),
      '/overload': new OverloadedError('m', { code: 'queue_full', retryAfterMs: 1000 }),
    };
    class Failing extends InputChannel {
      readonly name = 'failing';
      override routes(): ReturnType<InputChannel['routes']> {
        return Object.entries(thrown).flatMap(([path, error]) => [
          { method: 'GET', path, handle: async () => Promise.reject(error) },
          {
            method: 'POST',
            path,
            handle: () => {
              throw error;
            },
          },
        ]);
      }
    }
    const contexts: unknown[] = [];
    const onError: Hooks['onError'] = (error, context) => {
      errors.push(error.message);
      contexts.push(context);
    };
    const lines: unknown[] = [];
    const write: LogMethod = (fields, message) => void lines.push([message, fields]);
    const logger = { debug: write, info: write, warn: write, error: write };
    const channels = [new Failing()];
    const url = await listen(new Trunkline({ channels, assistant, onError, logger }));
    for (const method of ['GET', 'POST']) {
      const own = await fetch(`${url}/webhooks/failing/own`, { method });
      expect(own.status).toBe(500);
      expect(await own.text()).not.toContain('secret');
      const overload = await fetch(`${url}/webhooks/failing/overload`, { method });
      expect([overload.status, overload.headers.get('retry-after')]).toEqual([429, '1']);
    }
    expect(errors).toEqual(['secret', 'secret']);
    // It said channel null, and no path.
    const where = { channel: 'failing', path: '/webhooks/failing/own' };
    const context = { ...where, stage: 'request' };
    expect(contexts).toEqual([context, context]);
    const own = ['secret', { ...context, err: thrown['/own'] }];
    const refused = ['m', { ...where, path: '/webhooks/failing/overload', code: 'queue_full' }];
    expect(lines).toEqual([own, refused, own, refused]);
  });
});

describe('handler', () => {
  it('leaves what is not ours to the fallback', async () => {
    const line = new Trunkline({ channels: [new EchoInput()], assistant });
    const { url, stop } = await serve(line.handler((_req, res) => res.end('theirs')));
    cleanUps.push(stop);
    expect(await (await fetch(`${url}/index.html`)).text()).toBe('theirs');
    expect(await (await fetch(`${url}/webhooks/elsewhere`)).text()).toBe('theirs');
    expect((await postJson(`${url}/webhooks/echo/webhook`, {})).status).toBe(200);
  });

  it('answers 404 where there is no fallback', async () => {
    const line = new Trunkline({ channels: [], assistant });
    const { url, stop } = await serve(line.handler());
    cleanUps.push(stop);
    expect((await fetch(url)).status).toBe(404);
  });
});

describe('listen', () => {
  it('says in one sentence that a port is taken', async () => {
    const first = new Trunkline({ channels: [], assistant });
    const url = new URL(await listen(first));
    const second = new Trunkline({ channels: [], assistant });
    const taken = second.listen(Number(url.port), '127.0.0.1');
    await expect(taken).rejects.toThrow(ConfigurationError);
    await expect(taken).rejects.toThrow(`port ${url.port} is taken`);
    await expect(taken).rejects.toMatchObject({ code: 'port' });
    await second.close();
  });

  it('says in one sentence that a port is none', async () => {
    const line = new Trunkline({ channels: [], assistant });
    await expect(line.listen(70_000)).rejects.toThrow('port 70000 is no port');
    for (const host of ['203.0.113.1', 'nowhere.invalid']) {
      const refused = line.listen(0, host);
      await expect(refused).rejects.toThrow('cannot be used on that host');
      // Another port would help nobody: the example server said so.
      await expect(refused).rejects.toMatchObject({ code: 'host' });
    }
    await line.close();
  });

  it('listens on several ports', async () => {
    const line = new Trunkline({ channels: [], assistant });
    const urls = [await listen(line), await listen(line)];
    for (const url of urls) expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it('listens no more once the line is closed, also where it had begun', async () => {
    const line = new Trunkline({ channels: [], assistant });
    const begun: Promise<Server> = line.listen(0, '127.0.0.1');
    const refused = expect(begun).rejects.toThrow('the line was closed');
    await line.close();
    await refused;
    await expect(line.listen(0)).rejects.toThrow('the line was closed');
  });
});
