import { describe, it } from 'vitest';
import { expectToHold } from './support/expect.ts';

// The shortened form: `npm run crash` is the whole.
describe('a server on SQLite that is killed again and again', () => {
  const size = { store: 'sqlite', messages: 200, conversations: 10, outages: 0, cuts: 0 } as const;
  const few = { ...size, kills: 5, paceMs: 350 };

  it('says everything once where the platform can be asked', async (context) => {
    await expectToHold(context, { ...few, mode: 'wasSent' });
  }, 90_000);

  it('misses one response a kill at most where it is to assume that all was sent', async (context) => {
    await expectToHold(context, { ...few, mode: 'assume-sent' });
  }, 90_000);

  it('repeats one response a kill at most where it is to send again', async (context) => {
    await expectToHold(context, { ...few, mode: 'resend' });
  }, 90_000);
});
