import assert from 'node:assert/strict';
import type { JsonValue } from '@trunkline/core';
import type { AddCheck } from './checks.ts';
import type { StoreScene } from './store-scene.ts';

/** The checks of a store's signals. News may be lost: it is sent until somebody has heard. */
export function addSignalChecks(check: AddCheck, scene: StoreScene): void {
  check('tells news to everybody who listens', async (during) => {
    const { signals } = await scene.open(during);
    const heard: JsonValue[][] = [[], []];
    const news = { wake: ['anna', 'ä\u0000👋🏽'], at: 1.5, none: null };
    for (const ears of heard) signals.listen('turns', (said) => ears.push(said));
    const isHeard = (): boolean => {
      signals.send('turns', news);
      return heard.every((ears) => ears.length > 0);
    };
    await during.waitFor('both who listen to hear', scene.until(during, isHeard));
    for (const [said] of heard) assert.deepEqual(said, news);
  });

  check('tells nobody what is said on other topics', async (during) => {
    const { signals } = await scene.open(during);
    const heard: string[] = [];
    for (const topic of ['a', 'a:b', 'A', 'a*', '', '__proto__', 'ä']) {
      signals.listen(topic, (said) => heard.push(`${topic} ${JSON.stringify(said)}`));
    }
    const isHeard = (): boolean => {
      for (const topic of ['a:b', 'nobody listens', 'a?', '__proto__']) signals.send(topic, topic);
      return heard.includes('__proto__ "__proto__"') && heard.includes('a:b "a:b"');
    };
    await during.waitFor('who listens to hear', scene.until(during, isHeard));
    assert.deepEqual([...new Set(heard)].toSorted(), ['__proto__ "__proto__"', 'a:b "a:b"']);
  });

  check('tells nothing to who listens no more', async (during) => {
    const { signals } = await scene.open(during);
    let late = 0;
    let others = 0;
    const stop = signals.listen('turns', () => late++);
    signals.listen('turns', () => others++);
    stop();
    stop();
    const isHeard = (): boolean => {
      signals.send('turns', 1);
      return others >= 3;
    };
    await during.waitFor('who still listens to hear', scene.until(during, isHeard));
    assert.equal(late, 0, 'it was told after its end');
  });

  check('tells the others what one fails to listen to', async (during) => {
    const { signals } = await scene.open(during);
    let heard = 0;
    signals.listen('turns', () => {
      throw new Error('deaf');
    });
    // Left to nobody, a rejection ends the process.
    const rejecting: () => unknown = () => Promise.reject(new Error('deaf'));
    signals.listen('turns', rejecting);
    signals.listen('turns', () => heard++);
    const isHeard = (): boolean => {
      assert.doesNotThrow(() => signals.send('turns', 1), 'a listener’s error came to who sent');
      return heard > 1;
    };
    await during.waitFor('who listens to hear', scene.until(during, isHeard));
  });
}
