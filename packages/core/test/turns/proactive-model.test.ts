import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AssistantObject } from '@trunkline/core';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { post } from '../support/engine.ts';
import { away, unanswered } from '../support/platform.ts';
import { Processes, type EngineProcess } from '../support/processes.ts';

expectNoUnhandledRejections();

const MINUTE_MS = 60_000;

const POLICY = { attempts: 100, retryMs: 1000, maxDelayMs: MINUTE_MS };

const assistant: AssistantObject = {
  handle: async (message, reply) => void (await reply.text(`answer ${message.text}`)),
  triggerIntent: async ({ name }, reply) => void (await reply.text(`intent ${name}`)),
};

type Step = 'hear' | 'send' | 'repeat' | 'trigger' | 'wait' | 'kill';

const steps = fc.array(
  fc.constantFrom<Step>('hear', 'send', 'send', 'repeat', 'trigger', 'wait', 'kill'),
  { minLength: 1, maxLength: 12 },
);
/** What befalls the requests to the platform, one after the other. */
const weather = fc.array(
  fc.constantFrom('fine', 'fine', 'fine', 'away', 'unanswered', 'dies before', 'dies after'),
  { maxLength: 8 },
);

it('is said once and in order, whatever is heard and sent, and whoever dies meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(steps, weather, async (plan, fates) => {
      const all = new Processes();
      const { platform, clock } = all;
      const left = [...fates];
      let process: EngineProcess | null = null;
      let buried = (): void => {};
      let death = new Promise<void>(() => {});
      const alive = (): EngineProcess => {
        if (process !== null && !process.store.isDead) return process;
        death = new Promise((resolve) => (buried = resolve));
        process = all.start(assistant, { canBeAsked: true, delivery: POLICY });
        return process;
      };
      const die = (): void => {
        process?.kill();
        buried();
      };
      // Whoever does not hear that something was taken says it again.
      const say = async (call: (at: EngineProcess) => Promise<unknown>): Promise<void> => {
        while ((await Promise.race([call(alive()), death])) === undefined);
      };
      let fate: string | undefined;
      platform.onRequest = () => {
        fate = left.shift();
        if (fate === 'away') throw away();
        if (fate === 'dies before') die();
      };
      platform.onArrived = () => {
        if (fate === 'unanswered') throw unanswered();
        if (fate === 'dies after') die();
      };
      const hear = (text: string): Promise<void> =>
        say(({ turns }) => turns.accept(post(text, { messageId: text })));
      const send = (text: string): Promise<void> =>
        say(({ engine }) => engine.proactive.send('ada', { text }, { idempotencyKey: text }));
      const trigger = (name: string): Promise<void> =>
        say(({ engine }) => engine.proactive.trigger('ada', { name }, { idempotencyKey: name }));
      const expected: string[] = [];
      const expectText = (text: string): string => {
        expected.push(text);
        return text;
      };
      // From then on the address is known.
      await hear('first');
      expectText('answer first');
      for (let i = 0; i < fates.length + 2; i++) {
        alive();
        await clock.advance(MINUTE_MS);
      }
      let sent: string | null = null;
      for (const [i, step] of plan.entries()) {
        if (step === 'hear') {
          expectText(`answer ${i}`);
          await hear(`${i}`);
        } else if (step === 'send') await send((sent = expectText(`news ${i}`)));
        else if (step === 'repeat' && sent !== null) await send(sent);
        else if (step === 'trigger') {
          expectText(`intent ${i}`);
          await trigger(`${i}`);
        } else if (step === 'kill') die();
        else await clock.advance(10);
      }
      // Each of those that die is followed by another one.
      for (let i = 0; i < fates.length + 3; i++) {
        alive();
        await clock.advance(2 * MINUTE_MS);
      }
      expect(platform.texts).toEqual(expected);
    }),
    { numRuns: 100 },
  );
}, 60_000);
