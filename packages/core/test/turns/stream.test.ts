import { describe, expect, it } from 'vitest';
import { gather } from '../../src/turns/gather.ts';
import { streamTo } from '../../src/turns/stream.ts';
import { deferred } from '../../../../scripts/test-support/deferred.ts';
import { StreamingOutput } from '../support/outputs.ts';
import { settle } from '../support/fake-clock.ts';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';

expectNoUnhandledRejections();

async function* chunksOf(...chunks: unknown[]): AsyncGenerator<string> {
  for (const chunk of chunks) {
    if (chunk instanceof Error) throw chunk;
    yield chunk as string;
  }
}

const { signal } = new AbortController();

function target(output: StreamingOutput): Parameters<typeof streamTo>[1] {
  return { output, recipientId: 'u', extra: {}, signal };
}

/** Yields one chunk, and writes down whether it was told to stop. */
function endless(): { chunks: AsyncIterable<string>; stopped: () => boolean } {
  let isStopped = false;
  async function* run(): AsyncGenerator<string> {
    try {
      for (;;) yield 'x';
    } finally {
      isStopped = true;
    }
  }
  return { chunks: run(), stopped: () => isStopped };
}

describe('streamTo', () => {
  it('shows start, chunks and end, and returns the whole', async () => {
    const output = new StreamingOutput();
    expect(await streamTo(chunksOf('He', '', 'y'), target(output))).toBe('Hey');
    expect(output.calls).toEqual(['start', 'chunk He', 'chunk y', 'end']);
  });

  it('shows start and end where nothing was said', async () => {
    const output = new StreamingOutput();
    expect(await streamTo(chunksOf(), target(output))).toBe('');
    expect(output.calls).toEqual(['start', 'end']);
  });

  it.each([
    ['at once', [new Error('oops')], ['start', 'end']],
    ['half way', ['He', new Error('oops'), 'y'], ['start', 'chunk He', 'end']],
  ])('ends once where the producer throws %s', async (_when, chunks, calls) => {
    const output = new StreamingOutput();
    await expect(streamTo(chunksOf(...chunks), target(output))).rejects.toThrow('oops');
    expect(output.calls).toEqual(calls);
  });

  it('ends once where the channel refuses a chunk, and stops the producer', async () => {
    const output = new StreamingOutput();
    output.failing = { call: 'chunk', error: new Error('refused') };
    const { chunks, stopped } = endless();
    await expect(streamTo(chunks, target(output))).rejects.toThrow('refused');
    await settle();
    expect(output.calls).toEqual(['start', 'chunk x', 'end']);
    expect(stopped()).toBe(true);
  });

  it('has nothing to end where the channel refuses to start', async () => {
    const output = new StreamingOutput();
    output.failing = { call: 'start', error: new Error('refused') };
    await expect(streamTo(chunksOf('a'), target(output))).rejects.toThrow('refused');
    expect(output.calls).toEqual(['start']);
  });

  it('fails where the channel refuses to end', async () => {
    const output = new StreamingOutput();
    output.failing = { call: 'end', error: new Error('refused') };
    await expect(streamTo(chunksOf('a'), target(output))).rejects.toThrow('refused');
    expect(output.calls).toEqual(['start', 'chunk a', 'end']);
  });

  it('tells of the first failure where the end fails too', async () => {
    const output = new StreamingOutput();
    output.failing = { call: 'end', error: new Error('refused') };
    await expect(streamTo(chunksOf(new Error('oops')), target(output))).rejects.toThrow('oops');
    output.sendResponseChunkEnd = () => {
      throw new Error('not even a promise');
    };
    await expect(streamTo(chunksOf(new Error('oops')), target(output))).rejects.toThrow('oops');
  });

  it('ends once where it is aborted while the producer thinks, which is told to stop', async () => {
    const output = new StreamingOutput();
    const controller = new AbortController();
    const gate = deferred();
    let isStopped = false;
    async function* slow(): AsyncGenerator<string> {
      try {
        yield 'He';
        await gate.promise;
        yield 'y';
      } finally {
        isStopped = true;
      }
    }
    const sent = streamTo(slow(), { ...target(output), signal: controller.signal });
    const rejected = expect(sent).rejects.toThrow('enough');
    await settle();
    controller.abort(new Error('enough'));
    await rejected;
    expect(output.calls).toEqual(['start', 'chunk He', 'end']);
    gate.resolve();
    await settle();
    expect(isStopped).toBe(true);
    expect(output.calls).toHaveLength(3);
  });

  it('does not begin where it was aborted before', async () => {
    const output = new StreamingOutput();
    const aborted = { ...target(output), signal: AbortSignal.abort(new Error('enough')) };
    const { chunks } = endless();
    await expect(streamTo(chunks, aborted)).rejects.toThrow('enough');
    expect(output.calls).toEqual([]);
  });

  it.each([
    ['a number', 1],
    ['nothing', undefined],
    ['an object', { text: 'a' }],
  ])('refuses %s as a chunk', async (_name, chunk) => {
    const output = new StreamingOutput();
    await expect(streamTo(chunksOf('a', chunk), target(output))).rejects.toThrow(
      'reply.stream() takes pieces of text',
    );
    expect(output.calls).toEqual(['start', 'chunk a', 'end']);
  });

  it.each([
    ['a text', 'Hey'],
    ['nothing', undefined],
    ['a list', ['a']],
  ])('refuses %s as a stream', async (_name, chunks) => {
    const sent = streamTo(chunks as never, target(new StreamingOutput()));
    await expect(sent).rejects.toThrow('takes an AsyncIterable<string>');
  });

  it('says the whole once more on a channel that was ported with its flag', async () => {
    class Ported extends StreamingOutput {
      override readonly repeatsStreamedText = true;
    }
    const output = new Ported();
    await streamTo(chunksOf('He', 'y'), target(output));
    expect(output.calls).toEqual(['start', 'chunk He', 'chunk y', 'end', 'text Hey']);
  });
});

describe('gather', () => {
  it('does not wait for a producer that hangs when it is told to stop', async () => {
    const chunks: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: false, value: 'x' }),
        return: () => new Promise(() => {}),
      }),
    };
    const failing = async (): Promise<void> => {
      throw new Error('refused');
    };
    await expect(gather(chunks, signal, failing)).rejects.toThrow('refused');
  });

  it.each([
    ['later', async () => Promise.reject(new Error('cannot stop'))],
    [
      'at once',
      () => {
        throw new Error('cannot stop');
      },
    ],
  ])('is not bothered by a producer that fails to stop, %s', async (_when, stop) => {
    const chunks: AsyncIterable<string> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}), return: stop }),
    };
    const controller = new AbortController();
    const gathered = gather(chunks, controller.signal);
    controller.abort(new Error('enough'));
    await expect(gathered).rejects.toThrow('enough');
  });

  // The story: the producer was asked for one more piece, and only behind that was it told to stop.
  it('tells a producer that thinks for long at once, where it is aborted while a piece is shown', async () => {
    let isStopped = false;
    async function* thinking(): AsyncGenerator<string> {
      try {
        yield 'He';
        await new Promise(() => {});
      } finally {
        isStopped = true;
      }
    }
    const controller = new AbortController();
    const gate = deferred();
    const gathered = gather(thinking(), controller.signal, () => gate.promise);
    await settle();
    controller.abort(new Error('enough'));
    gate.resolve();
    await expect(gathered).rejects.toThrow('enough');
    await settle();
    expect(isStopped).toBe(true);
  });

  it('waits for a piece that is shown, also where showing it aborts', async () => {
    const controller = new AbortController();
    const gate = deferred();
    const done: string[] = [];
    const shown = async (chunk: string): Promise<void> => {
      controller.abort(new Error('enough'));
      await gate.promise;
      done.push(`shown ${chunk}`);
    };
    const gathered = gather(chunksOf('He', 'y'), controller.signal, shown).catch((error: Error) => {
      done.push(error.message);
    });
    await settle();
    gate.resolve();
    await gathered;
    expect(done).toEqual(['shown He', 'enough']);
  });

  it('leaves no listener on the signal', async () => {
    const listeners = new Set<unknown>();
    const own = new AbortController().signal;
    own.addEventListener = (...[, listener]: unknown[]) => void listeners.add(listener);
    own.removeEventListener = (...[, listener]: unknown[]) => void listeners.delete(listener);
    await gather(chunksOf('a', 'b', 'c'), own);
    await settle();
    expect(listeners.size).toBe(0);
  });
});
