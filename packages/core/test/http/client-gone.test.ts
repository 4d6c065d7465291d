import { clientGone } from '@trunkline/core';
import { request, type ServerResponse } from 'node:http';
import { expect, it } from 'vitest';
import { deferred } from '../../../../scripts/test-support/deferred.ts';
import { serve } from '../support/http.ts';

it('calls back when the client leaves without its answer, and at once when it has left', async () => {
  const arrived = deferred<ServerResponse>();
  const { url, stop } = await serve((_req, res) => arrived.resolve(res));
  const client = request(url).on('error', () => {});
  client.end();
  const res = await arrived.promise;
  const gone = new Promise<void>((resolve) => clientGone(res)(resolve));
  client.destroy();
  await gone;
  let isCalled = false;
  clientGone(res)(() => (isCalled = true));
  expect(isCalled).toBe(true);
  await stop();
});

it('does not call back when the client has its answer', async () => {
  const closed = deferred();
  let isGone = false;
  const { url, stop } = await serve((_req, res) => {
    clientGone(res)(() => (isGone = true));
    res.on('close', closed.resolve);
    res.end('fine');
  });
  await (await fetch(url)).text();
  await closed.promise;
  expect(isGone).toBe(false);
  await stop();
});
