import assert from 'node:assert/strict';
import { StoreError, type InputChannel } from '@trunkline/core';
import type { AddCheck, During } from './checks.ts';
import { Gate } from './gate.ts';
import type { ChannelRequest } from './http.ts';
import type { InputChecks } from './input-channel-contract.ts';
import { assertTaken, type InputScene } from './input-scene.ts';

/** How often somebody else is answered while a message is on its way into the store. */
const MEANWHILE = 5;

const LOST = 'the platform takes the message for delivered, and it is lost:';

const EARLY =
  'the platform was answered before the message was stored. A crash in between loses it: await ' +
  'turns.accept(message), and answer then';

/**
 * The checks of how a deferred message is taken over. They hold for a channel that hands its messages
 * to `turns.accept`; one that calls `turns.run` promises nothing of the kind.
 */
export function addAcceptChecks<C extends InputChannel>(
  check: AddCheck,
  { options, senders, open }: InputChecks<C>,
): void {
  const [anna, bert] = senders;

  /** A scene in which one message was handled; `null` where that was no deferred one. */
  const openDeferred = async (during: During): Promise<InputScene<C> | null> => {
    const scene = await open(during);
    const { message, answered } = await scene.tell('First of all', bert);
    await answered;
    if (message.address === null) return null;
    await scene.over(1);
    return scene;
  };

  check('answers a deferred message when it is stored, and not before', async (during) => {
    const scene = await openDeferred(during);
    if (scene === null) return;
    const stored = new Gate();
    during.afterwards(() => stored.open());
    scene.onAdd = async (add) => {
      await stored.opened;
      return await add();
    };
    let isAnswered = false;
    const answered = scene.say('Store me', anna).then((answer) => {
      assertTaken(answer);
      isAnswered = true;
      return answer;
    });
    answered.catch(() => {});
    const added = scene.adds.until((adds) => adds.length > 1);
    await during.waitFor('turns.accept(message) to be called', Promise.race([added, answered]));
    // Whoever does not wait for the store answers at once, and so ahead of these.
    for (let time = 0; time < MEANWHILE; time++) await scene.request({ method: 'GET', path: '/' });
    assert.ok(!isAnswered, EARLY);
    stored.open();
    await answered;
  });

  /** Fails unless a message that is not taken in is answered 5xx, and taken in when it comes again. */
  const assertComesAgain = async (
    scene: InputScene<C>,
    request: ChannelRequest,
    advice: string,
  ): Promise<void> => {
    const { status } = await scene.request(request);
    assert.ok(status >= 500, `answered ${status}: ${advice}`);
    scene.onAdd = null;
    assertTaken(await scene.request(request));
    await scene.reached(2, 'the same message, brought again after it could not be taken in,');
  };

  check('answers 5xx when a deferred message cannot be stored', async (during) => {
    const scene = await openDeferred(during);
    if (scene === null) return;
    scene.onAdd = () => Promise.reject(new StoreError('disk full'));
    const advice =
      `turns.accept() rejected because the store failed, and ${LOST} let the error pass, which is ` +
      'answered 500, or answer another 5xx';
    await assertComesAgain(scene, await options.message('Store me', anna), advice);
  });

  check('answers 5xx when a deferred message is refused', async (during) => {
    const scene = await openDeferred(during);
    if (scene === null) return;
    scene.onAdd = () => 'full';
    const advice =
      `turns.accept() resolved to 'refused' because a limit was reached, and ${LOST} look at what ` +
      'it resolves to, and answer 503 then';
    await assertComesAgain(scene, await options.message('Store me', anna), advice);
  });
}
