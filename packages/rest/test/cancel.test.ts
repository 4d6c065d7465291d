import type { InputChannel } from '@trunkline/core';
import { type Reply, type Turns } from '@trunkline/core';
import { RestInput } from '@trunkline/rest';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../scripts/test-support/deferred.ts';
import { closeAfterEach, startRest, type RestServer } from './support/server.ts';
import { expectNoUnhandledRejections } from '../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();
closeAfterEach();

function cancel({ url }: RestServer, sender: string, method = 'POST'): Promise<Response> {
  const path = url.replace(/webhook$/, `cancel_background_tasks/${sender}`);
  return fetch(path, { method });
}

const untilAborted = (reply: Reply): Promise<never> =>
  new Promise((_resolve, reject) =>
    reply.signal.addEventListener('abort', () => reject(reply.signal.reason as Error)),
  );

describe('cancel_background_tasks', () => {
  it('40: ends the turn that runs, and says whether there was one', async () => {
    const started = deferred();
    const server = await startRest(async (_message, reply) => {
      await reply.text('so far');
      started.resolve();
      await untilAborted(reply);
    });
    const none = await cancel(server, 'ada');
    expect([none.status, await none.json()]).toEqual([200, { cancelled: false }]);
    const turn = server.post({ sender: 'ada', message: 'Hi' });
    await started.promise;
    const done = await cancel(server, 'ada');
    expect([done.status, await done.json()]).toEqual([200, { cancelled: true }]);
    const answer = await turn;
    expect(answer.headers.get('x-trunkline-turn')).toBe('failed');
    expect(await answer.json()).toEqual([{ recipient_id: 'ada', text: 'so far' }]);
    expect(server.turns).toMatchObject([{ outcome: 'aborted' }]);
    expect(server.errors).toEqual([]);
  });

  it('40: answers 500 where that fails', async () => {
    class Failing extends RestInput {
      override routes(turns: Turns): ReturnType<InputChannel['routes']> {
        return super.routes({ ...turns, cancel: async () => Promise.reject(new Error('no')) });
      }
    }
    const server = await startRest(() => {}, {}, { channels: [new Failing()] });
    const response = await cancel(server, 'ada');
    expect([response.status, await response.json()]).toEqual([500, { cancelled: false }]);
  });

  it('decodes the sender, slashes included', async () => {
    const started = deferred();
    const server = await startRest(async (_message, reply) => {
      started.resolve();
      await untilAborted(reply);
    });
    const turn = server.post({ sender: 'a/b é', message: 'Hi' });
    await started.promise;
    expect(await (await cancel(server, encodeURIComponent('a/b é'))).json()).toEqual({
      cancelled: true,
    });
    await turn;
  });

  it('refuses what cannot be decoded, and other methods', async () => {
    const server = await startRest();
    expect((await cancel(server, '%E0%A4%A')).status).toBe(400);
    const wrong = await cancel(server, 'ada', 'GET');
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST, OPTIONS']);
    expect((await cancel(server, '')).status).toBe(200);
  });

  it('does not reach who came without a sender', async () => {
    const started = deferred();
    const gate = deferred();
    const server = await startRest(async () => {
      started.resolve();
      await gate.promise;
    });
    const turn = server.post({ message: 'Hi' });
    await started.promise;
    expect(await (await cancel(server, 'default')).json()).toEqual({ cancelled: false });
    gate.resolve();
    expect((await turn).headers.get('x-trunkline-turn')).toBeNull();
  });
});
