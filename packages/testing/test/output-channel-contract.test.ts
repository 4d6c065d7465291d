import { CollectingOutputChannel, DeliveryError, QueueOutputChannel } from '@trunkline/core';
import { outputChannelContract, RecordingOutput, type It } from '@trunkline/testing';
import { describe, expect, it } from 'vitest';
import {
  BOUNDED_OUTPUTS,
  BROKEN_OUTPUTS,
  PortedOutput,
  silentOutput,
  StreamingOutput,
} from './support/broken-outputs.ts';
import { outcomeOf, type Outcome } from './support/outcome.ts';

const LIMITS = 'keeps to the limits that it declares';

class RefusedOutput extends RecordingOutput {
  override async sendTextMessage(): Promise<void> {
    throw new DeliveryError('the platform says no', { channel: this.name });
  }
}

const contractOf =
  (make: () => RecordingOutput) =>
  (runner: It): void =>
    outputChannelContract({
      it: runner,
      create() {
        const output = make();
        return { output, sent: () => output.texts };
      },
    });

describe('a channel that knows nothing but text', () => {
  outputChannelContract({
    it,
    create() {
      const output = new RecordingOutput();
      return { output, sent: () => output.texts };
    },
    createFailing: () => new RefusedOutput(),
  });
});

describe('a channel that streams', () => {
  contractOf(() => new StreamingOutput())(it);
});

describe('a channel that was ported from Rasa', () => {
  contractOf(() => new PortedOutput())(it);
});

describe('CollectingOutputChannel', () => {
  outputChannelContract({
    it,
    create() {
      const output = new CollectingOutputChannel();
      return { output, sent: () => output.messages };
    },
  });
});

describe('QueueOutputChannel', () => {
  outputChannelContract({
    it,
    create() {
      const output = new QueueOutputChannel();
      const read: unknown[] = [];
      const reading = (async () => {
        for await (const item of output) read.push(item);
      })();
      return {
        output,
        async sent() {
          // The reader goes on when the writer has.
          await new Promise((resolve) => setImmediate(resolve));
          return read;
        },
        async close() {
          output.close();
          await reading;
        },
      };
    },
  });
});

describe('the contract of output channels', () => {
  it.each(BROKEN_OUTPUTS)('finds a channel that %s', async (_fault, make, finds) => {
    const { failures } = await outcomeOf(contractOf(make));
    expect(Object.keys(failures)).toEqual(finds);
  });

  it('finds a channel that sends nothing', async () => {
    const { failures } = await outcomeOf(contractOf(silentOutput));
    expect(Object.keys(failures)).toEqual(
      expect.arrayContaining(['delivers a text', 'offers buttons below a text']),
    );
    expect(failures['delivers a text']).toContain('"Good morning" did not reach the platform');
  });

  it('finds a channel that is used for two conversations', async () => {
    const shared = new RecordingOutput();
    const { failures } = await outcomeOf(contractOf(() => shared));
    expect(failures).toHaveProperty(
      'shares nothing with the channel of another conversation',
      expect.stringContaining('one output channel a call'),
    );
  });

  // A stranger's fake kept the payloads in one list, and was told that his channel was at fault.
  it('says that each channel needs a platform of its own', async () => {
    const platform = new RecordingOutput();
    class Pushing extends RecordingOutput {
      override async sendTextMessage(to: string, text: string): Promise<void> {
        await platform.sendTextMessage(to, text);
      }
    }
    const { failures } = await outcomeOf((runner) =>
      outputChannelContract({
        it: runner,
        create: () => ({ output: new Pushing(), sent: () => platform.texts }),
      }),
    );
    expect(failures['shares nothing with the channel of another conversation']).toContain(
      'it must give each channel one of its own',
    );
  });

  it.each(BOUNDED_OUTPUTS)('finds a channel that %s', async (_fault, make, says) => {
    const { failures } = await outcomeOf((runner) =>
      outputChannelContract({
        it: runner,
        create() {
          const output = make();
          return { output, sent: () => output.payloads };
        },
      }),
    );
    expect(Object.keys(failures)).toEqual(says === null ? [] : [LIMITS]);
    if (says !== null) expect(failures[LIMITS]).toContain(says);
  });

  it('finds a channel that resolves although the platform refused', async () => {
    const { failures } = await outcomeOf((runner) =>
      outputChannelContract({
        it: runner,
        create: () => ({ output: new RecordingOutput(), sent: () => [] }),
        createFailing: silentOutput,
      }),
    );
    expect(failures['rejects what the platform refuses']).toContain(
      'sendTextMessage resolved, and nothing was delivered: look at what the platform answers',
    );
  });

  it('says how to cure a flag that was ported from Rasa', async () => {
    const flagged = BROKEN_OUTPUTS.find(([fault]) => fault === 'swallows the text after a stream');
    const { failures } = await outcomeOf(contractOf(flagged?.[1] ?? silentOutput));
    expect(failures['delivers a text that follows a stream']).toContain(
      'override readonly repeatsStreamedText = true',
    );
  });

  it('has no check that cannot fail', async () => {
    const outcomes: Outcome[] = [
      await outcomeOf(contractOf(silentOutput)),
      await outcomeOf(contractOf(BROKEN_OUTPUTS[0]?.[1] ?? silentOutput)),
    ];
    const found = new Set([
      LIMITS,
      ...outcomes.flatMap(({ failures }) => Object.keys(failures)),
      ...BROKEN_OUTPUTS.flatMap(([, , finds]) => finds),
    ]);
    expect(outcomes[0]?.names.filter((name) => !found.has(name))).toEqual([]);
  });
});
