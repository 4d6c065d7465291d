import assert from 'node:assert/strict';
import { InputChannel } from '@trunkline/core';
import type { AddCheck } from './checks.ts';
import { garbage, oddities, type NamedRequest } from './garbage.ts';
import type { InputChecks } from './input-channel-contract.ts';
import type { InputScene } from './input-scene.ts';

const HARMLESS_ADVICE =
  'check what is in the body before it is used, and throw a MalformedPayloadError, which is answered 400';

const FORGED_ADVICE =
  'check the signature, over the raw body that readBody() gives, ahead of anything else, and throw ' +
  'an UnauthenticatedError, which is answered 401';

/** The checks of what a channel answers to requests that bring no message. */
export function addRequestChecks<C extends InputChannel>(
  check: AddCheck,
  { options, senders, open }: InputChecks<C>,
): void {
  const [anna] = senders;
  const webhook = async (): Promise<{ path: string; method: string }> => {
    const { path = '/webhook', method = 'POST' } = await options.message('Hello', anna);
    return { path, method };
  };

  check('refuses methods that it does not know', async (during) => {
    const scene = await open(during);
    const { path, method } = await webhook();
    for (const unknown of ['PUT', 'PATCH', 'DELETE']) {
      const { status, headers } = await scene.request({ path, method: unknown });
      // An Express Router passes on what it does not know, and the line finds nobody else.
      if (isRouter(scene.channel) && status === 404) continue;
      assert.equal(status, 405, `${unknown} ${path} is answered ${status}`);
      const allowed = headers.allow?.split(/,\s*/) ?? [];
      assert.ok(allowed.includes(method), `Allow does not name ${method}: ${headers.allow}`);
    }
    assert.deepEqual(scene.texts(), [], 'a turn was started');
  });

  check('answers OPTIONS with the methods that it knows', async (during) => {
    const scene = await open(during);
    const { path, method } = await webhook();
    const { status, headers } = await scene.request({ path, method: 'OPTIONS' });
    assert.ok(status === 200 || status === 204, `OPTIONS ${path} is answered ${status}`);
    const named = headers.allow ?? headers['access-control-allow-methods'];
    assert.ok(named?.includes(method), `neither Allow nor the CORS headers name ${method}`);
  });

  check('answers garbage, and starts no turn', async (during) => {
    const scene = await open(during);
    await assertHarmless(scene, garbage(await options.message('Hello', anna)));
    await (
      await scene.tell('Still there', anna)
    ).answered;
    assert.deepEqual(scene.texts(), ['Still there'], 'garbage started a turn');
  });

  const { forged } = options;
  if (forged !== undefined) {
    check('refuses a forged request', async (during) => {
      const scene = await open(during);
      const { status } = await scene.request(await forged('Forged', anna));
      assert.ok(
        status >= 400 && status < 500,
        `a forged request was answered ${status}: ${FORGED_ADVICE}`,
      );
      await (
        await scene.tell('Genuine', anna)
      ).answered;
      assert.deepEqual(
        scene.texts(),
        ['Genuine'],
        `a forged request started a turn: ${FORGED_ADVICE}`,
      );
    });
  }

  check('answers messages that are spoilt', async (during) => {
    const scene = await open(during);
    await assertHarmless(scene, oddities(await options.message('Hello', anna)));
  });
}

/** Fails if one of the requests is not answered, or blamed on the server. */
async function assertHarmless<C extends InputChannel>(
  scene: InputScene<C>,
  requests: readonly NamedRequest[],
): Promise<void> {
  for (const { name, request } of requests) {
    const { status } = await scene.request(request).catch((error: unknown) => {
      assert.fail(`${name}: no answer (${String(error)})`);
    });
    assert.ok(status < 500, `${name}: answered ${status}: ${HARMLESS_ADVICE}`);
  }
}

function isRouter(channel: InputChannel): boolean {
  return channel.blueprint !== InputChannel.prototype.blueprint;
}
