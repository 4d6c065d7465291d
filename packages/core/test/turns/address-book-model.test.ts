import fc from 'fast-check';
import { expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { post } from '../support/engine.ts';
import { Processes, type EngineProcess } from '../support/processes.ts';

expectNoUnhandledRejections();

const DAY_MS = 24 * 60 * 60 * 1000;

const place = fc.constantFrom(
  { channel: 'sms', account: null },
  { channel: 'sms', account: 'T1' },
  { channel: 'slack', account: 'T1' },
  { channel: 'slack', account: 'T2' },
);
type Place = { channel: string; account: string | null };

/**
 * Messages that come at the same time, each from another place; at which call a process dies; how long it
 * is quiet then. Where both happen, an address may be one message behind.
 */
const rounds = fc.array(
  fc.record({
    places: fc.uniqueArray(place, {
      minLength: 1,
      maxLength: 3,
      selector: ({ channel, account }) => `${channel} ${account}`,
    }),
    diesAt: fc.option(fc.nat(12)),
    quietDays: fc.constantFrom(0, 0, 0, 50),
  }),
  { minLength: 1, maxLength: 8 },
);
/** How long the calls of the store take, one after the other, in milliseconds. */
const delays = fc.array(fc.nat(3), { minLength: 1, maxLength: 20 });

it('knows every place that a sender was in, whatever comes at the same time and whoever dies', async () => {
  await fc.assert(
    fc.asyncProperty(rounds, delays, async (plan, waits) => {
      const all = new Processes();
      const { clock } = all;
      let calls = 0;
      let diesAt: number | null = null;
      const start = (): EngineProcess => {
        const process = all.start(() => {}, {
          weather: {
            before: async () => {
              const wait = waits[calls++ % waits.length] ?? 0;
              if (diesAt !== null && diesAt-- === 0) process.kill();
              if (wait > 0) await new Promise<void>((resolve) => clock.after(wait, resolve));
            },
          },
        });
        return process;
      };
      let servers = [start(), start()];
      const settle = async (): Promise<void> => {
        for (let i = 0; i < 100; i++) await clock.advance(1);
      };
      const known = new Map<string, Place & { address: { n: number } }>();
      let sent = 0;
      for (const { places, diesAt: at, quietDays } of plan) {
        diesAt = places.length === 1 ? at : null;
        const now = places.map((where) => ({ ...where, address: { n: ++sent } }));
        for (const [i, { channel, account, address }] of now.entries()) {
          known.set(`${channel} ${account}`, { channel, account, address });
          const message = post('Hi', { account, address, messageId: `${address.n}` });
          servers[i % 2]?.engine
            .for(channel)
            .accept(message)
            .catch(() => {});
        }
        await settle();
        diesAt = null;
        servers = servers.map((server) => (server.store.isDead ? start() : server));
        await settle();
        // What was not accepted is sent again: what was, is a duplicate.
        for (const { channel, account, address } of now) {
          const message = post('Hi', { account, address, messageId: `${address.n}` });
          void servers[0]?.engine.for(channel).accept(message);
          await settle();
        }
        const [{ engine } = start()] = servers;
        const asked = async <T>(call: Promise<T>): Promise<T> => {
          await settle();
          return await call;
        };
        const last = await asked(engine.lastSeen('ada'));
        expect(now).toContainEqual(last);
        for (const channel of ['sms', 'slack']) {
          const there = [...known.values()].filter((one) => one.channel === channel);
          for (const one of there) {
            const { account, address } = one;
            const to = engine.proactive.placeOf('ada', { channel, account });
            expect(await asked(to)).toMatchObject({ channel, account, address });
          }
          const any = engine.proactive.placeOf('ada', { channel }).catch((error: unknown) => error);
          const [only] = there;
          const expected =
            there.length > 1 ? { code: 'ambiguous' } : (only ?? { code: 'unreachable' });
          expect(await asked(any)).toMatchObject(expected);
        }
        await clock.advance(quietDays * DAY_MS);
      }
    }),
    { numRuns: 60 },
  );
}, 60_000);
