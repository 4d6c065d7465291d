import { CollectingOutputChannel, QueueOutputChannel, type QueuedOutput } from '@trunkline/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcomeOf } from '../../../../scripts/test-support/deferred.ts';

async function readAll(output: QueueOutputChannel): Promise<QueuedOutput[]> {
  const items: QueuedOutput[] = [];
  for await (const item of output) items.push(item);
  return items;
}

describe('QueueOutputChannel', () => {
  it('is called queue, and streams', () => {
    expect(new QueueOutputChannel().name).toBe('queue');
    expect(new QueueOutputChannel('rest').name).toBe('rest');
    expect(new QueueOutputChannel().supportsStreaming).toBe(true);
  });

  it('can be read while it fills', async () => {
    const output = new QueueOutputChannel();
    const reader = output[Symbol.asyncIterator]();
    const first = reader.next();
    expect(await outcomeOf(first)).toBe('open');
    await output.sendTextMessage('u', 'a');
    expect(await first).toEqual({
      done: false,
      value: { kind: 'message', message: { recipient_id: 'u', text: 'a' } },
    });
    const last = reader.next();
    output.close();
    expect(await last).toEqual({ done: true, value: undefined });
  });

  it('yields what was said before it was closed', async () => {
    const output = new QueueOutputChannel();
    await output.sendTextMessage('u', 'a');
    output.close();
    await output.sendTextMessage('u', 'too late');
    expect((await readAll(output)).map(({ message }) => message.text)).toEqual(['a']);
  });

  it('tells the pieces of a stream from messages', async () => {
    const output = new QueueOutputChannel();
    await output.sendResponseChunkStart('u');
    await output.sendResponseChunk('u', 'He');
    await output.sendResponseChunk('u', 'y');
    await output.sendResponseChunkEnd('u');
    output.close();
    expect(await readAll(output)).toEqual([
      { kind: 'start', message: { recipient_id: 'u' } },
      { kind: 'chunk', message: { recipient_id: 'u', text: 'He' } },
      { kind: 'chunk', message: { recipient_id: 'u', text: 'y' } },
      { kind: 'end', message: { recipient_id: 'u' } },
    ]);
  });

  it('queues the same messages that the collector collects', async () => {
    const response = fc.record(
      {
        text: fc.option(fc.string()),
        image: fc.option(fc.string()),
        attachment: fc.option(fc.oneof(fc.string(), fc.constant({ url: 'u' }))),
        custom: fc.constant({ a: 1 }),
        buttons: fc.array(fc.record({ title: fc.string() }), { maxLength: 2 }),
        quickReplies: fc.array(fc.record({ title: fc.string() }), { maxLength: 2 }),
        elements: fc.array(fc.record({ title: fc.string() }), { maxLength: 2 }),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(response, async (said) => {
        const queue = new QueueOutputChannel();
        const collector = new CollectingOutputChannel();
        const read = readAll(queue);
        await queue.sendResponse('u', said);
        queue.close();
        await collector.sendResponse('u', said);
        expect((await read).map(({ message }) => message)).toEqual(collector.messages);
      }),
    );
  });

  it('holds a writer back that is far ahead of the reader, and loses nothing', async () => {
    const output = new QueueOutputChannel();
    let written = 0;
    const writing = (async () => {
      for (; written < 500; written++) await output.sendResponseChunk('u', String(written));
      output.close();
    })();
    expect(await outcomeOf(writing)).toBe('open');
    expect(written).toBeLessThan(100);
    const items = await readAll(output);
    await writing;
    expect(items.map(({ message }) => Number(message.text))).toEqual([...Array(500).keys()]);
  });

  it('lets go of held writers when it is closed', async () => {
    const output = new QueueOutputChannel();
    const writes = Array.from({ length: 200 }, () => output.sendTextMessage('u', 'x'));
    expect(await outcomeOf(Promise.all(writes))).toBe('open');
    output.close();
    expect(await outcomeOf(Promise.all(writes))).toBe('done');
  });

  it('lets go of held writers when the reader stops, and drops what they say', async () => {
    const output = new QueueOutputChannel();
    const writes = Array.from({ length: 200 }, () => output.sendTextMessage('u', 'x'));
    for await (const item of output) {
      expect(item.kind).toBe('message');
      break;
    }
    expect(await outcomeOf(Promise.all(writes))).toBe('done');
    await output.sendTextMessage('u', 'nobody reads this');
    expect(await readAll(output)).toEqual([]);
  });
});
