import { InputChannel, Trunkline, type Blueprint, type OnNewMessage } from '@trunkline/core';
import { CollectingOutputChannel, UserMessage, type Hooks, type Reply } from '@trunkline/core';
import { register, router } from '@trunkline/core/express';
import express, { type Express } from 'express';
import type { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { DeskInput } from '../support/desk.ts';
import { Platform } from '../support/platform.ts';
import { EchoInput, postJson } from '../support/channels.ts';
import { serve, urlOf } from '../support/http.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();

const assistant = async (message: UserMessage, reply: Reply): Promise<void> => {
  await reply.text(`You said: ${message.text}`);
};
const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function start(app: Parameters<typeof createServer>[1]): Promise<string> {
  const { url, stop } = await serve(app ?? (() => {}));
  cleanUps.push(stop);
  return url;
}

/** A channel in Rasa's form: an Express Router. */
class RouterInput extends InputChannel {
  readonly name = 'written';
  override blueprint(onNewMessage: OnNewMessage): Blueprint {
    const routes = express.Router();
    routes.get('/', (req, res) => void res.json({ status: 'ok', app: req.app.locals['whose'] }));
    routes.post('/webhook', express.json(), async (req, res) => {
      const outputChannel = new CollectingOutputChannel();
      const { text } = req.body as { text: string };
      await onNewMessage(new UserMessage({ text, senderId: 'ada', outputChannel }));
      res.json(outputChannel.messages);
    });
    routes.get('/fails', () => {
      throw new Error('oops');
    });
    return routes;
  }
}

const written = (): Trunkline => new Trunkline({ channels: [new RouterInput()], assistant });

async function expectWritten(url: string): Promise<void> {
  const health = await fetch(`${url}/webhooks/written/`);
  expect(await health.json()).toMatchObject({ status: 'ok' });
  const answer = await postJson(`${url}/webhooks/written/webhook`, { text: 'Hi' });
  expect(await answer.json()).toEqual([{ recipient_id: 'ada', text: 'You said: Hi' }]);
}

describe('router', () => {
  it('mounts a line inside an Express application', async () => {
    const app = express();
    app.use(router(new Trunkline({ channels: [new EchoInput()], assistant })));
    app.get('/theirs', (_req, res) => void res.send('theirs'));
    const url = await start(app);
    const answer = await postJson(`${url}/webhooks/echo/webhook`, { sender: 'ada', text: 'Hi' });
    expect(await answer.json()).toEqual([{ recipient_id: 'ada', text: 'You said: Hi' }]);
    expect(await (await fetch(`${url}/theirs`)).text()).toBe('theirs');
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect((await fetch(`${url}/webhooks/echo/webhook`)).status).toBe(405);
    expect((await fetch(`${url}/nowhere`)).status).toBe(404);
  });

  it('can be mounted below a path', async () => {
    const app = express();
    app.use('/bots', router(new Trunkline({ channels: [new EchoInput()], assistant })));
    const url = await start(app);
    expect((await postJson(`${url}/bots/webhooks/echo/webhook`, {})).status).toBe(200);
  });

  it('names the cure where a body parser is mounted ahead of it', async () => {
    const errors: string[] = [];
    const onError = (error: Error): void => void errors.push(error.message);
    const app = express();
    app.use(express.json());
    app.use(router(new Trunkline({ channels: [new EchoInput()], assistant, onError })));
    const url = await start(app);
    const response = await postJson(`${url}/webhooks/echo/webhook`, { text: 'Hi' });
    expect(response.status).toBe(500);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const cure =
      '[echo] the request body was read before it got here: mount Trunkline ahead of express.json() and other body parsers';
    expect(await response.json()).toMatchObject({ code: 'body_already_read', detail: cure });
    expect(errors).toEqual([cure]);
  });

  it('leaves the application of the user in its place, also with a channel of its own', async () => {
    const app = express();
    app.locals['whose'] = 'theirs';
    app.use(router(written()));
    app.get('/after', (req, res) => void res.json({ isSame: req.app === app && res.app === app }));
    const url = await start(app);
    expect(await (await fetch(`${url}/after`)).json()).toEqual({ isSame: true });
    expect(await (await fetch(`${url}/webhooks/written/`)).json()).toEqual({
      status: 'ok',
      app: 'theirs',
    });
  });
});

describe('a channel that is written as an Express Router', () => {
  it('works in listen()', async () => {
    const line = written();
    cleanUps.push(() => line.close());
    await expectWritten(urlOf(await line.listen(0, '127.0.0.1')));
  });

  it('works in handler(), with and without a fallback', async () => {
    await expectWritten(await start(written().handler()));
    const app = express();
    app.get('/theirs', (req, res) => void res.json(req.app === app));
    const url = await start(written().handler(app));
    await expectWritten(url);
    expect(await (await fetch(`${url}/theirs`)).json()).toBe(true);
  });

  it('works in router() and register()', async () => {
    const first = express();
    first.use(router(written()));
    await expectWritten(await start(first));
    const second = express();
    register([new RouterInput()], second, { assistant });
    await expectWritten(await start(second));
  });

  it('does not show that Express is underneath', async () => {
    const url = await start(written().handler((_req, res) => res.end('theirs')));
    for (const path of ['/webhooks/written/', '/elsewhere']) {
      expect((await fetch(url + path)).headers.get('x-powered-by')).toBeNull();
    }
  });

  it('has what its body parser refuses answered as the fault of the caller', async () => {
    const errors: string[] = [];
    const onError = (error: Error): void => void errors.push(error.message);
    const channels = [new RouterInput()];
    const url = await start(new Trunkline({ channels, assistant, onError }).handler());
    const response = await fetch(`${url}/webhooks/written/webhook`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"text":',
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ status: 400, code: 'entity_parse_failed' });
    expect(errors).toEqual([]);
  });

  it('has its failures answered and reported', async () => {
    const errors: unknown[] = [];
    const onError: Hooks['onError'] = ({ message }, context) =>
      void errors.push({ message, ...context });
    const channels = [new RouterInput()];
    const url = await start(new Trunkline({ channels, assistant, onError }).handler());
    const response = await fetch(`${url}/webhooks/written/fails`);
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ code: 'internal' });
    const path = '/webhooks/written/fails';
    expect(errors).toEqual([{ message: 'oops', channel: 'written', stage: 'request', path }]);
    expect((await fetch(`${url}/webhooks/written/nowhere`)).status).toBe(404);
  });
});

describe('register', () => {
  const ask = async (app: Express): Promise<unknown> => {
    const url = await start(app);
    const response = await postJson(`${url}/webhooks/echo/webhook`, { sender: 'ada', text: 'Hi' });
    return await response.json();
  };
  const answered = [{ recipient_id: 'ada', text: 'You said: Hi' }];

  it('mounts channels with the assistant that it is given', async () => {
    const app = express();
    const channels = [new EchoInput()];
    const line = register(channels, app, { assistant });
    expect(line.channels).toEqual(channels);
    expect(app.locals['inputChannels']).toBe(channels);
    expect(await ask(app)).toEqual(answered);
  });

  it('8: sees an assistant that is set, and replaced, afterwards', async () => {
    const app = express();
    register([new EchoInput()], app);
    app.locals['assistant'] = assistant;
    expect(await ask(app)).toEqual(answered);
    app.locals['assistant'] = { handle: async (_: unknown, reply: Reply) => reply.text('new') };
    expect(await ask(app)).toEqual([{ recipient_id: 'ada', text: 'new' }]);
  });

  it('tells the assistant that is set of the channels, once', async () => {
    const app = express();
    const channels = [new EchoInput()];
    register(channels, app);
    const told: unknown[] = [];
    const onChannels = (all: unknown): void => void told.push(all);
    app.locals['assistant'] = { handle: assistant, onChannels };
    expect(await ask(app)).toEqual(answered);
    expect(await ask(app)).toEqual(answered);
    expect(told).toEqual([channels]);
  });

  it('takes the intents of the assistant that is set', async () => {
    const app = express();
    const line = register([new DeskInput(new Platform())], app);
    const trigger = (name: string) => line.triggerIntent('ada', { name });
    const unknown = { status: 404, code: 'unknown_intent' };
    await expect(trigger('greet')).rejects.toMatchObject(unknown);
    app.locals['assistant'] = { handle: () => {} };
    await expect(trigger('greet')).rejects.toMatchObject(unknown);
    app.locals['assistant'] = {
      handle: () => {},
      triggerIntent: () => {},
      knowsIntent: (name: string) => name === 'greet',
    };
    await expect(trigger('bye')).rejects.toMatchObject(unknown);
    // Known; and nobody is there.
    await expect(trigger('greet')).rejects.toMatchObject({ code: 'unreachable' });
  });

  // The story: an assistant that is set kept its connections when the line was closed, which closes those that
  // it is given.
  it('closes the assistant that is set, with the line', async () => {
    const app = express();
    const line = register([new EchoInput()], app);
    let closed = 0;
    app.locals['assistant'] = { handle: assistant, close: () => void closed++ };
    expect(await ask(app)).toEqual(answered);
    await line.close();
    expect(closed).toBe(1);
    await register([new EchoInput()], express()).close();
  });

  it('ignores messages while there is no assistant, and warns', async () => {
    const warnings: string[] = [];
    const log = (): void => {};
    const app = express();
    register([new EchoInput()], app, {
      logger: {
        debug: log,
        info: log,
        error: log,
        warn: (_fields, message) => {
          warnings.push(message);
          throw new Error('a logger that fails');
        },
      },
    });
    expect(await ask(app)).toEqual([]);
    app.locals['assistant'] = null;
    expect(await ask(app)).toEqual([]);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('set app.locals.assistant');
  });

  it.each([
    ['/bots/', 'echo', '/bots/echo/webhook'],
    [null, 'echo', '/webhook'],
    ['/should_be_ignored', '/absolute_route', '/absolute_route/webhook'],
  ])('mounts below %j the prefix %j at %j', async (route, prefix, path) => {
    const app = express();
    register([new EchoInput('echo', prefix)], app, { assistant, route });
    const url = await start(app);
    expect((await postJson(url + path, { text: 'Hi' })).status).toBe(200);
  });
});
