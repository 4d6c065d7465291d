import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '@trunkline/core';
import { readLines } from '../src/lines.ts';

async function read(...chunks: (string | Uint8Array)[]): Promise<JsonObject[]> {
  async function* body(): AsyncGenerator<Uint8Array> {
    for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
  }
  const lines: JsonObject[] = [];
  for await (const line of readLines(body())) lines.push(line);
  return lines;
}

describe('readLines', () => {
  it('reads the lines of Rasa, whatever the pieces they arrive in', async () => {
    const message = fc.dictionary(
      fc.string(),
      fc.jsonValue({ maxDepth: 2, stringUnit: 'grapheme' }),
    );
    // Rasa escapes what is not ASCII; a proxy or another json.dumps may not.
    const body = fc.array(message, { maxLength: 8 }).map((messages) => ({
      messages: messages.map((each) => JSON.parse(JSON.stringify(each)) as JsonObject),
      bytes: Buffer.from(messages.map((each) => `${JSON.stringify(each)}\n`).join('')),
    }));
    await fc.assert(
      fc.asyncProperty(body, fc.array(fc.nat()), async ({ messages, bytes }, cuts) => {
        const places = cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b);
        const pieces = [0, ...places].map((from, at) =>
          bytes.subarray(from, places[at] ?? bytes.length),
        );
        expect(await read(...pieces)).toEqual(messages);
      }),
    );
  });

  it('reads on where a piece ends within a character', async () => {
    const bytes = Buffer.from('{"text":"größer 👋"}\n');
    const pieces = [...bytes].map((byte) => Uint8Array.of(byte));
    expect(await read(...pieces)).toEqual([{ text: 'größer 👋' }]);
  });

  it('gives a line as soon as it is whole', async () => {
    async function* body(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('{"text":"one"}\n{"text":"tw');
      throw new Error('the rest was asked for too early');
    }
    const lines = readLines(body());
    expect(await lines.next()).toEqual({ done: false, value: { text: 'one' } });
    await expect(lines.next()).rejects.toThrow('too early');
  });

  it('reads the array of a Rasa that does not stream', async () => {
    expect(await read('[{"text":"a"},', '{"text":"b"}]')).toEqual([{ text: 'a' }, { text: 'b' }]);
    expect(await read('[]')).toEqual([]);
    expect(await read('')).toEqual([]);
    expect(await read('\n\r\n')).toEqual([]);
  });

  // The story: a price that nobody knew was NaN in a custom action, and the turn ended with an apology.
  it('reads the numbers of Python that are none in JSON', async () => {
    const line = '{"custom": {"price": NaN, "is": [Infinity, -Infinity]}, "text": "NaN"}\n';
    expect(await read(line, '{"text": "b"}\n')).toEqual([
      { custom: { price: null, is: [null, null] }, text: 'NaN' },
      { text: 'b' },
    ]);
  });

  it.each([
    ['half a line', '{"text":"a"}\n{"text":"se', 'half a line'],
    ['a page', '<html><body>Bad gateway</body></html>\n', 'a line that is no JSON'],
    ['a text', '"hello"\n', 'JSON that is no response'],
    ['a list of texts', '["a"]', 'JSON that is no response'],
    ['null', 'null\n', 'JSON that is no response'],
    ['what is not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x0a]), 'a line that is no JSON'],
  ])('refuses %s', async (_what, body, message) => {
    await expect(read(body)).rejects.toThrow(`Rasa answered with ${message}`);
  });

  it('does not repeat what it could not read', async () => {
    const error = await read('my card is 4111\n').catch((thrown: unknown) => thrown);
    expect(JSON.stringify(error) + String(error)).not.toContain('4111');
    expect(error).toMatchObject({ name: 'RasaError', code: 'rasa_garbage' });
  });

  it('holds no line without end', async () => {
    const megabyte = Buffer.alloc(1024 * 1024, 'x');
    await expect(read(...Array.from({ length: 5 }, () => megabyte))).rejects.toThrow(
      'a line of more than 4194304 bytes',
    );
  });
});
