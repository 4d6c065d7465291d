import { randomUUID } from 'node:crypto';
import type { InputChannel } from '@trunkline/core';
import { inputChannelContract, type ChannelRequest, type It } from '@trunkline/testing';
import { describe, expect, it } from 'vitest';
import { DeferredInput, SECRET } from './examples/deferred-input.ts';
import { PostInput } from './examples/post-input.ts';
import { RouterInput } from './examples/router-input.ts';
import {
  BROKEN_DEFERRED,
  BROKEN_INPUTS,
  HANGING_INPUTS,
  LOSING_DEFERRED,
  namelessInput,
} from './support/broken-inputs.ts';
import { outcomeOf } from './support/outcome.ts';

/** What hangs is found by waiting; what does not must get there, on a busy machine too. */
const PATIENCE_MS = 3_000;

const post = (text: string, sender: string): ChannelRequest => ({ body: { text, sender } });

const deferred = (text: string, from: string): ChannelRequest => ({
  headers: { 'x-secret': SECRET },
  body: { id: randomUUID(), text, from },
});

const forged = (text: string, from: string): ChannelRequest => ({
  ...deferred(text, from),
  headers: { 'x-secret': 'guessed' },
});

describe('a channel with routes()', () => {
  inputChannelContract({
    it,
    create: () => new PostInput(),
    message: post,
    replies: (answer) => JSON.parse(answer.body) as unknown,
  });
});

describe('a channel written as an Express Router', () => {
  inputChannelContract({
    it,
    create: () => new RouterInput(),
    message: post,
    replies: (answer) => JSON.parse(answer.body) as unknown,
  });
});

describe('a channel whose platform is answered at once', () => {
  inputChannelContract({
    it,
    create: () => new DeferredInput(),
    message: deferred,
    forged,
    replies: (_answer, channel) => channel.platform,
  });
});

describe('a channel with a prefix and senders of its own', () => {
  class ElsewhereInput extends PostInput {
    override urlPrefix(): string {
      return '/elsewhere';
    }
  }
  inputChannelContract({
    it,
    create: () => new ElsewhereInput(),
    message: async (text, sender) => ({
      headers: { 'Content-Type': 'application/json; charset=utf-8' },
      body: JSON.stringify({ text, sender }),
    }),
    senders: ['+15550001', '+15550002', '+15550003'],
  });
});

describe('the contract of input channels', () => {
  const contractOf =
    (create: () => InputChannel, timeoutMs?: number) =>
    (runner: It): void =>
      inputChannelContract({
        it: runner,
        create,
        message: post,
        replies: (answer) => JSON.parse(answer.body) as unknown,
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      });
  const deferredContractOf =
    (create: () => DeferredInput) =>
    (runner: It): void =>
      inputChannelContract({ it: runner, create, message: deferred, forged });

  it.each(BROKEN_INPUTS)('finds a channel that %s', async (_fault, make, finds) => {
    const { failures } = await outcomeOf(contractOf(make));
    expect(Object.keys(failures)).toEqual(finds);
  });

  it.each(BROKEN_DEFERRED)('finds a channel that %s', async (_fault, make, finds) => {
    const { failures } = await outcomeOf(deferredContractOf(make));
    expect(Object.keys(failures)).toEqual(finds);
  });

  it.concurrent.each(LOSING_DEFERRED)('advises a channel that %s', async (_fault, make, says) => {
    const { failures } = await outcomeOf(deferredContractOf(make));
    expect(Object.keys(failures)).toEqual(Object.keys(says));
    for (const [name, advice] of Object.entries(says)) expect(failures[name]).toContain(advice);
  });

  it.concurrent.each(HANGING_INPUTS)('finds a channel that %s', async (_fault, make, finds) => {
    const { failures } = await outcomeOf(contractOf(make, PATIENCE_MS));
    expect(Object.keys(failures)).toEqual(finds);
    for (const failure of Object.values(failures))
      expect(failure).toContain(`waited ${PATIENCE_MS} ms for`);
  });

  // A stranger's `replies` gave the texts alone, and was told that the user saw no buttons.
  it('says what replies() has to give', async () => {
    const { failures } = await outcomeOf((runner) =>
      inputChannelContract({
        it: runner,
        create: () => new PostInput(),
        message: post,
        replies: (answer) =>
          (JSON.parse(answer.body) as { text?: string }[]).map(({ text }) => text ?? null),
      }),
    );
    expect(Object.keys(failures)).toEqual(['brings what the assistant says to the user']);
    expect(Object.values(failures)[0]).toContain('texts and the titles of buttons');
  });

  it('says what it waited for', async () => {
    const { failures } = await outcomeOf(
      contractOf(HANGING_INPUTS[0]?.[1] ?? namelessInput, PATIENCE_MS),
    );
    expect(failures['answers when the assistant says nothing']).toContain(
      `waited ${PATIENCE_MS} ms for an answer to POST /webhook`,
    );
  });

  it('has no check that cannot fail', async () => {
    const { names, failures } = await outcomeOf((runner) =>
      inputChannelContract({
        it: runner,
        create: namelessInput,
        message: post,
        forged: post,
        replies: () => [],
      }),
    );
    const broken = [...BROKEN_INPUTS, ...BROKEN_DEFERRED, ...HANGING_INPUTS];
    const found = new Set([
      ...Object.keys(failures),
      ...broken.flatMap(([, , finds]) => finds),
      ...LOSING_DEFERRED.flatMap(([, , says]) => Object.keys(says)),
    ]);
    expect(failures).toHaveProperty('has a name');
    expect(names.filter((name) => !found.has(name))).toEqual([]);
  });
});
