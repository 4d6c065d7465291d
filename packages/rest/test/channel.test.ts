import { OverloadedError, type Blueprint, type UserMessage } from '@trunkline/core';
import { register } from '@trunkline/core/express';
import { RestInput } from '@trunkline/rest';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { closeAfterEach, echo, startRest } from './support/server.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();
closeAfterEach();

describe('the REST channel', () => {
  it('5: is at /webhook where nothing is mounted below a route', async () => {
    const { port } = await startRest(echo, {}, { route: null });
    const response = await fetch(`http://127.0.0.1:${port}/webhook`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"message":"Hi"}',
    });
    expect(await response.json()).toEqual([{ recipient_id: 'default', text: 'You said: Hi' }]);
  });

  it('6: is at an absolute prefix, whatever the route', async () => {
    class Absolute extends RestInput {
      override urlPrefix(): string {
        return '/absolute_route';
      }
    }
    const route = '/should_be_ignored';
    const { port } = await startRest(echo, {}, { channels: [new Absolute()], route });
    const response = await fetch(`http://127.0.0.1:${port}/absolute_route/`);
    expect(await response.json()).toEqual({ status: 'ok' });
  });

  it('7: is there twice under two names', async () => {
    const channels = [new RestInput(), new RestInput({ name: 'rasa' })];
    const { port } = await startRest(echo, {}, { channels });
    for (const name of ['rest', 'rasa']) {
      const response = await fetch(`http://127.0.0.1:${port}/webhooks/${name}/webhook`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"sender":"u","message":"Hi"}',
      });
      expect(await response.json()).toEqual([{ recipient_id: 'u', text: 'You said: Hi' }]);
    }
  });

  it('tells a failing assistant from a refusal, whatever the assistant threw', async () => {
    const overloaded = new OverloadedError('the model is busy', {
      code: 'too_many_waiting',
      retryAfterMs: 1000,
    });
    const { post } = await startRest(async (_message, reply) => {
      await reply.text('One moment');
      throw overloaded;
    });
    const response = await post({ sender: 'u', message: 'Hi' });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-trunkline-turn')).toBe('failed');
    expect(await response.json()).toEqual([{ recipient_id: 'u', text: 'One moment' }]);
  });

  it('answers with what was said, in the form of Rasa', async () => {
    const { post } = await startRest(async (_message, reply) => {
      await reply.text('first  \n\nsecond');
      await reply.buttons('Size?', [{ title: 'S', payload: '/s' }]);
      await reply.image('https://example.org/é.png');
    });
    const response = await post({ sender: 'u', message: 'Hi' });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('x-trunkline-turn')).toBeNull();
    expect(await response.json()).toEqual([
      { recipient_id: 'u', text: 'first  ' },
      { recipient_id: 'u', text: 'second' },
      { recipient_id: 'u', text: 'Size?', buttons: [{ title: 'S', payload: '/s' }] },
      { recipient_id: 'u', image: 'https://example.org/é.png' },
    ]);
  });

  it('answers [] where nothing is said', async () => {
    const { post } = await startRest(() => {});
    expect(await (await post({ message: 'Hi' })).text()).toBe('[]');
  });

  it('gathers a stream where it was not asked for one', async () => {
    const { post } = await startRest(async (_message, reply) => {
      async function* chunks(): AsyncGenerator<string> {
        yield 'He';
        yield 'y';
      }
      await reply.stream(chunks());
    });
    expect(await (await post({ sender: 'u' })).json()).toEqual([
      { recipient_id: 'u', text: 'Hey' },
    ]);
  });

  it('35: passes metadata through; absent is null', async () => {
    const seen: unknown[] = [];
    const { post } = await startRest((message) => void seen.push(message.metadata));
    for (const metadata of [{ a: [1] }, 'text', [1], null, undefined]) {
      await post({ message: 'Hi', metadata });
    }
    expect(seen).toEqual([{ a: [1] }, 'text', [1], null, null]);
  });

  it('hands over sender, text, input channel and headers', async () => {
    const messages: UserMessage[] = [];
    const { post } = await startRest((message) => void messages.push(message));
    const headers = { 'x-page': '/cart' };
    await post({ sender: 7, message: ' Hi\n', input_channel: 'web' }, { headers });
    await post({});
    expect(messages[0]).toMatchObject({
      senderId: '7',
      text: 'Hi',
      inputChannel: 'web',
      anonymous: false,
    });
    expect(messages[0]?.headers).toMatchObject(headers);
    expect(messages[1]).toMatchObject({
      senderId: 'default',
      text: null,
      inputChannel: 'rest',
      anonymous: true,
    });
  });

  it('lets a subclass take metadata from the request', async () => {
    class WithHeader extends RestInput {
      override getMetadata(
        request: IncomingMessage,
        body: unknown,
      ): { page: string; body: string } {
        return { page: String(request.headers['x-page']), body: JSON.stringify(body) };
      }
    }
    let metadata: unknown;
    const assistant = (message: UserMessage): void => void (metadata = message.metadata);
    const { post } = await startRest(assistant, {}, { channels: [new WithHeader()] });
    await post({ metadata: { a: 1 } }, { headers: { 'x-page': '/cart' } });
    expect(metadata).toEqual({ page: '/cart', body: '{"metadata":{"a":1}}' });
  });

  it('36: answers with what was said before the assistant failed, and says that it failed', async () => {
    const { post, errors } = await startRest(async (_message, reply) => {
      await reply.text('so far');
      throw new Error('secret');
    });
    const response = await post({ sender: 'u', message: 'Hi' });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-trunkline-turn')).toBe('failed');
    expect(await response.json()).toEqual([{ recipient_id: 'u', text: 'so far' }]);
    expect(errors).toMatchObject([{ error: { message: 'secret' } }]);
  });

  it('36: answers a problem document where it is told to', async () => {
    const { post } = await startRest(
      () => {
        throw new Error('secret');
      },
      { errors: 'problem' },
    );
    const response = await post({ message: 'Hi' });
    expect(response.status).toBe(500);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('x-trunkline-turn')).toBe('failed');
    const problem = await response.json();
    expect(problem).toMatchObject({ status: 500, code: 'turn_failed' });
    expect(JSON.stringify(problem)).not.toContain('secret');
  });

  it('37: answers [] where there is no assistant', async () => {
    // As much of an Express application as register() uses: Express is no dependency of this package.
    let router: Blueprint = () => {};
    const app = { locals: {}, use: (mounted: Blueprint) => void (router = mounted) };
    const line = register([new RestInput()], app as never);
    const next = (): void => {};
    const server = createServer((req, res) => router(req, res, next));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/webhooks/rest/webhook`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"message":"Hi"}',
    });
    expect([response.status, await response.text()]).toEqual([200, '[]']);
    await line.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('39: says that it is there', async () => {
    const { url } = await startRest();
    const response = await fetch(url.replace(/webhook$/, ''));
    expect([response.status, await response.text()]).toEqual([200, '{"status":"ok"}']);
  });

  it('has the name of its responses and overrides', async () => {
    const { post } = await startRest(async (_message, reply) => {
      await reply.response({ text: 'elsewhere', channels: { rest: { text: 'here' } } });
    });
    expect(await (await post({ sender: 'u' })).json()).toEqual([
      { recipient_id: 'u', text: 'here' },
    ]);
  });

  it('lets nobody wait for others who came without a sender', async () => {
    const started = deferred();
    const gate = deferred();
    const { post } = await startRest(async (message) => {
      if (message.text !== 'slow') return;
      started.resolve();
      await gate.promise;
    });
    const slow = post({ message: 'slow' });
    await started.promise;
    expect((await post({ message: 'quick' })).status).toBe(200);
    gate.resolve();
    await slow;
  });

  it('keeps the order of a conversation', async () => {
    const { post } = await startRest(async (message, reply) => {
      const count = Number(reply.state['count'] ?? 0) + 1;
      await new Promise((resolve) => setImmediate(resolve));
      reply.state = { count };
      await reply.text(`${count} ${message.text}`);
    });
    const answers = await Promise.all(
      Array.from({ length: 10 }, async () => (await post({ sender: 'u', message: 'x' })).json()),
    );
    const texts = (answers as { text: string }[][]).map((messages) => messages[0]?.text);
    expect(new Set(texts)).toEqual(new Set(Array.from({ length: 10 }, (_, i) => `${i + 1} x`)));
  });

  it('cannot be reached proactively', () => {
    expect(new RestInput().getOutputChannel).toBeUndefined();
  });
});
