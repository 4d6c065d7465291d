import { beforeEach, describe, it } from 'vitest';
import { needs, program } from '../../scripts/test-support/needs.ts';
import { expectToHold } from './support/expect.ts';

// The shortened form: `npm run crash` is the whole.
describe('three servers on Redis, all of which are killed again and again', () => {
  beforeEach(needs(program('redis-server', 'redis-server')));

  const size = { store: 'redis', messages: 200, conversations: 10, outages: 1, cuts: 10 } as const;
  const few = { ...size, kills: 3, paceMs: 350 };

  it('say everything once where the platform can be asked', async (context) => {
    await expectToHold(context, { ...few, mode: 'wasSent' });
  }, 120_000);

  it('repeat one response a kill at most where they are to send again', async (context) => {
    await expectToHold(context, { ...few, mode: 'resend' });
  }, 120_000);
});
