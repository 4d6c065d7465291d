import { describe, expect, it } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { sendRaw } from './support/raw.ts';
import { closeAfterEach, startRest } from './support/server.ts';
import { readerOf } from '../../../scripts/test-support/reader.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();
closeAfterEach();

const lines = { query: '?stream=true' };
const sse = { query: '?stream=sse' };

async function* hey(): AsyncGenerator<string> {
  yield 'He';
  yield 'y';
}

describe('?stream=true', () => {
  it('answers one object a line, declared as Rasa does', async () => {
    const { post } = await startRest(async (_message, reply) => {
      await reply.text('a\n\nb');
      await reply.stream(hey());
      await reply.image('i.png');
    });
    const response = await post({ sender: 'u' }, lines);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    // Without the second, Express's `compression()` kept all of a stream until its end.
    expect(response.headers.get('cache-control')).toBe('no-store, no-transform');
    expect(response.headers.get('x-trunkline-turn')).toBeNull();
    const objects = (await response.text()).split('\n').map((line) => line && JSON.parse(line));
    expect(objects).toEqual([
      { recipient_id: 'u', text: 'a' },
      { recipient_id: 'u', text: 'b' },
      { recipient_id: 'u', text: 'He' },
      { recipient_id: 'u', text: 'y' },
      { recipient_id: 'u', image: 'i.png' },
      '',
    ]);
  });

  it('writes each one as it appears', async () => {
    const gates = [deferred(), deferred(), deferred()];
    const { post, turns } = await startRest(async (_message, reply) => {
      await reply.text('first');
      await gates[0]?.promise;
      async function* chunks(): AsyncGenerator<string> {
        yield 'chunk';
        await gates[1]?.promise;
      }
      await reply.stream(chunks());
      await gates[2]?.promise;
    });
    const reader = readerOf(await post({ sender: 'u' }, lines));
    expect(await reader.next()).toBe('{"recipient_id":"u","text":"first"}\n');
    gates[0]?.resolve();
    expect(await reader.next()).toBe('{"recipient_id":"u","text":"chunk"}\n');
    gates[1]?.resolve();
    expect(turns).toEqual([]);
    gates[2]?.resolve();
    expect(await reader.next()).toBeNull();
    expect(turns).toMatchObject([{ outcome: 'answered' }]);
  });

  it('is asked for in any case, and by no other value', async () => {
    const { post } = await startRest();
    const typeOf = async (value: string): Promise<string | null> => {
      const response = await post({}, { query: `?stream=${value}` });
      await response.text();
      return response.headers.get('content-type');
    };
    expect(await typeOf('TRUE')).toBe('text/event-stream');
    expect(await typeOf('Sse')).toBe('text/event-stream');
    for (const value of ['false', '1', 'yes', '']) {
      expect(await typeOf(value)).toBe('application/json');
    }
  });

  it('ends empty where nothing was said', async () => {
    const { post } = await startRest(() => {});
    const response = await post({}, lines);
    expect([response.status, await response.text()]).toEqual([200, '']);
  });

  it('ends with an error object where the turn fails, before or after something was said', async () => {
    for (const isLate of [false, true]) {
      const { post } = await startRest(async (_message, reply) => {
        if (isLate) await reply.text('so far');
        throw new Error('secret');
      });
      const response = await post({ sender: 'u' }, lines);
      expect(response.status).toBe(200);
      expect(response.headers.get('x-trunkline-turn')).toBe(isLate ? null : 'failed');
      const error =
        '{"error":{"code":"turn_failed","message":"the assistant failed; the log says why"}}\n';
      const said = isLate ? '{"recipient_id":"u","text":"so far"}\n' : '';
      expect(await response.text()).toBe(said + error);
    }
  });

  it('is a problem document where the turn fails first and that is asked for', async () => {
    const { post } = await startRest(
      async (message, reply) => {
        if (message.text === 'late') await reply.text('so far');
        throw new Error('secret');
      },
      { errors: 'problem' },
    );
    const early = await post({ message: 'early' }, lines);
    expect(early.status).toBe(500);
    expect(await early.json()).toMatchObject({ code: 'turn_failed' });
    const late = await post({ message: 'late' }, lines);
    expect(late.status).toBe(200);
    expect(await late.text()).toContain('"error":{"code":"turn_failed"');
  });

  it('ends where the turn takes too long', async () => {
    const { post } = await startRest(
      async (_message, reply) => {
        await reply.text('so far');
        await new Promise(() => {});
      },
      {},
      { turns: { deadlineMs: 20, abortGraceMs: 0 } },
    );
    expect(await (await post({}, lines)).text()).toContain('"error":{"code":"turn_deadline"');
  });
});

describe('?stream=sse', () => {
  it('answers with events', async () => {
    const { post } = await startRest(async (_message, reply) => {
      await reply.text('a');
      await reply.stream(hey());
    });
    const response = await post({ sender: 'u' }, sse);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    expect(await response.text()).toBe(
      [
        'event: message\ndata: {"recipient_id":"u","text":"a"}\n\n',
        'event: start\ndata: {"recipient_id":"u"}\n\n',
        'event: chunk\ndata: {"recipient_id":"u","text":"He"}\n\n',
        'event: chunk\ndata: {"recipient_id":"u","text":"y"}\n\n',
        'event: end\ndata: {"recipient_id":"u"}\n\n',
      ].join(''),
    );
  });

  it('ends a stream that fails half way, then says that it failed', async () => {
    const { post } = await startRest(async (_message, reply) => {
      async function* failing(): AsyncGenerator<string> {
        yield 'He';
        throw new Error('secret');
      }
      await reply.stream(failing());
    });
    const text = await (await post({ sender: 'u' }, sse)).text();
    expect(text.match(/(?<=event: )\w+/g)).toEqual(['start', 'chunk', 'end', 'error']);
    expect(text).not.toContain('secret');
  });
});

describe('a client that goes away', () => {
  it.each(['', '?stream=true', '?stream=sse'])('aborts its turn (%s)', async (query) => {
    const started = deferred();
    const aborted = deferred<string>();
    const { post, turns, errors } = await startRest(async (_message, reply) => {
      await reply.text('one moment');
      reply.signal.addEventListener('abort', () =>
        aborted.resolve((reply.signal.reason as { reason: string }).reason),
      );
      started.resolve();
      await aborted.promise;
    });
    const gone = new AbortController();
    const answer = post({ sender: 'u' }, { query, signal: gone.signal }).then((r) => r.text());
    const failed = expect(answer).rejects.toThrow();
    await started.promise;
    gone.abort();
    await failed;
    expect(await aborted.promise).toBe('disconnected');
    await new Promise((resolve) => setImmediate(resolve));
    expect(turns).toMatchObject([{ outcome: 'aborted' }]);
    expect(errors).toEqual([]);
  });
});

describe('a client that reads slowly', () => {
  it('holds the assistant back, and gets everything', async () => {
    const count = 400;
    const chunk = 'x'.repeat(64 * 1024);
    let produced = 0;
    const finished = deferred();
    const { port } = await startRest(async (_message, reply) => {
      async function* chunks(): AsyncGenerator<string> {
        for (; produced < count; produced++) yield chunk;
      }
      await reply.stream(chunks());
      finished.resolve();
    });
    const body = '{"sender":"u"}';
    const { socket, until, ended } = await sendRaw(
      port,
      'POST /webhooks/rest/webhook?stream=true HTTP/1.1\r\nhost: x\r\nconnection: close\r\n' +
        `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await until('200 OK');
    socket.pause();
    // It is held back when it produces nothing more over many rounds of the event loop.
    for (let last = -1, rounds = 0; rounds < 200; rounds++) {
      await new Promise((resolve) => setImmediate(resolve));
      if (produced !== last) rounds = 0;
      last = produced;
    }
    expect(produced).toBeLessThan(count);
    socket.resume();
    await finished.promise;
    expect((await ended).match(/"text"/g)).toHaveLength(count);
    socket.destroy();
  });
});
