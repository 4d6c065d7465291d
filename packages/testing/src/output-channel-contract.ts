import assert from 'node:assert/strict';
import type { JsonObject, OutputChannel } from '@trunkline/core';
import { checksOver, DEFAULT_TIMEOUT_MS, type During, type It } from './checks.ts';
import { everyMethod } from './output-calls.ts';
import { addLimitChecks } from './output-limit-checks.ts';
import { addPartChecks } from './output-part-checks.ts';
import { OutputProbe } from './output-probe.ts';
import { addStreamChecks } from './output-stream-checks.ts';

/** An output channel, and a way to see what it does. */
export interface OutputUnderTest {
  /** The channel, as it is made for one turn. */
  output: OutputChannel;
  /**
   * What reached the platform so far, the first first: the payloads as values (parsed, not as they
   * go over the wire). Every text in them counts, however deep.
   */
  sent: () => readonly unknown[] | Promise<readonly unknown[]>;
  /** Called when a check is done with it. */
  close?: () => Promise<void> | void;
}

/** What {@link outputChannelContract} needs to know. */
export interface OutputChannelContractOptions {
  /** The test runner's `it`. */
  it: It;
  /** Makes a channel that nothing was sent on yet, with a platform (or a fake of it) of its own. */
  create: () => OutputUnderTest | Promise<OutputUnderTest>;
  /** Makes a channel whose platform refuses everything. Checked where it is given. */
  createFailing?: () => OutputChannel | Promise<OutputChannel>;
  /** Whom to send to. @defaultValue `anna` */
  recipientId?: string;
  /** Custom JSON that the platform takes, with a text in it. @defaultValue `{ note: 'made to measure' }` */
  customJson?: JsonObject;
  /** How long a check may take, in milliseconds. @defaultValue 4,000 */
  timeoutMs?: number;
}

const REFUSED =
  'look at what the platform answers, and throw a DeliveryError unless it took the message';

const SHARED =
  'what one channel was told reached the platform of the other. Either the channels share it, or ' +
  'create() gave both the same (fake of a) platform: it must give each channel one of its own, and ' +
  'sent() must tell of that one only';

/**
 * The contract of an `OutputChannel`: registers one test for each thing that users, assistants and
 * the turn engine rely on.
 *
 * ```ts
 * import { it } from 'node:test';
 * import { outputChannelContract, RecordingOutput } from '@trunkline/testing';
 *
 * outputChannelContract({
 *   it,
 *   create() {
 *     const output = new RecordingOutput();
 *     return { output, sent: () => output.texts };
 *   },
 * });
 * ```
 */
export function outputChannelContract(options: OutputChannelContractOptions): void {
  const { recipientId: to = 'anna', customJson = { note: 'made to measure' } } = options;
  const check = checksOver(options.it, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const open = (during: During): Promise<OutputProbe> => OutputProbe.open(options, during);

  check('has a name', async (during) => {
    const { output } = await open(during);
    assert.ok(
      typeof output.name === 'string' && output.name !== '',
      'name is not a text, or empty',
    );
  });

  addPartChecks(check, open, { to, customJson });
  addLimitChecks(check, open, to);

  check('changes nothing that it is given', async (during) => {
    const { output } = await open(during);
    // A change would throw: everything is frozen.
    for (const send of everyMethod(to, customJson)) await send(output);
  });

  check('shares nothing with the channel of another conversation', async (during) => {
    const [ours, theirs] = [await open(during), await open(during)];
    assert.notEqual(ours.output, theirs.output, 'create() must make one output channel a call');
    ours.output.trackerState = { sender_id: to };
    assert.notEqual(theirs.output.trackerState, ours.output.trackerState, 'trackerState is shared');
    await ours.output.sendResponseChunkStart(to);
    await theirs.output.sendTextMessage(to, 'For them');
    await ours.output.sendResponseChunkEnd(to);
    if (ours.output.repeatsStreamedText) await ours.output.sendTextMessage(to, '');
    await ours.output.sendTextMessage(to, 'For us');
    await theirs.assertSaid('For them');
    await theirs.assertNotSaid('For us', SHARED);
    await ours.assertSaid('For us');
    await ours.assertNotSaid('For them', SHARED);
  });

  check('can be asked to show that an answer is being made', async (during) => {
    const { output } = await open(during);
    await output.sendTyping(to);
  });

  addStreamChecks(check, open, to);

  const { createFailing } = options;
  if (createFailing === undefined) return;
  check('rejects what the platform refuses', async () => {
    for (const send of everyMethod(to, customJson)) {
      const failing = await createFailing();
      await assert.rejects(
        send(failing),
        Error,
        `${send.name} resolved, and nothing was delivered: ${REFUSED}`,
      );
    }
  });
}
