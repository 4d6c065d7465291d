import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseFrame } from '../src/parse.ts';
import { mistakeIn } from './support/schemas.ts';

describe('parseFrame', () => {
  it('reads a message in Rasa’s form', () => {
    const body = { message: ' Hi ', sender: 7, metadata: [1] };
    expect(parseFrame(JSON.stringify(body))).toEqual({
      type: 'said',
      text: ' Hi ',
      choice: null,
      id: null,
      sender: '7',
      metadata: [1],
      body,
    });
  });

  it('takes null for absent', () => {
    const body = { type: null, message: 'Hi', id: null, sender: null, metadata: null };
    expect(parseFrame(JSON.stringify(body))).toMatchObject({
      type: 'said',
      id: null,
      sender: null,
    });
    const resume = { type: 'resume', token: 't', session: null, seq: null };
    expect(parseFrame(JSON.stringify(resume))).toEqual({
      type: 'resume',
      session: null,
      token: 't',
      seq: 0,
    });
  });

  it('refuses ids and senders that are too long for a key', () => {
    const long = 'x'.repeat(513);
    for (const key of ['id', 'sender']) {
      const frame = JSON.stringify({ message: 'Hi', [key]: long });
      expect(parseFrame(frame)).toMatchObject({ error: { code: 'invalid_field' } });
    }
  });

  it('counts the characters of ids and senders as the schemas do', () => {
    for (const key of ['id', 'sender']) {
      // Two code units each.
      for (const [length, isTaken] of [
        [512, true],
        [513, false],
      ] as const) {
        const frame = { message: 'Hi', [key]: '🍕'.repeat(length) };
        expect('error' in parseFrame(JSON.stringify(frame))).toBe(!isTaken);
        expect(mistakeIn('client', frame) === null).toBe(isTaken);
      }
    }
  });

  it('refuses halves of characters in ids and senders, which are one key in a store of UTF-8', () => {
    for (const key of ['id', 'sender']) {
      for (const half of ['\ud83c', 'm\udf55']) {
        const frame = { message: 'Hi', [key]: half };
        expect(parseFrame(JSON.stringify(frame))).toMatchObject({
          error: { code: 'invalid_field' },
        });
        expect(mistakeIn('client', frame)).not.toBeNull();
      }
    }
  });

  it('takes no number as a sender that was rounded when it was read', () => {
    // Ids of 64 bits: both are read as 9007199254740992.
    for (const sender of ['9007199254740992', '-9007199254740993', '1e999']) {
      const error = { code: 'invalid_field', id: 'm' };
      const parsed = parseFrame(`{"message":"Hi","id":"m","sender":${sender}}`);
      expect(parsed).toMatchObject({ error });
    }
    const parsed = parseFrame('{"message":"Hi","sender":9007199254740991}');
    expect(parsed).toMatchObject({ sender: '9007199254740991' });
  });

  it('refuses metadata that could not be written out again', () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    const frame = `{"message":"Hi","metadata":${deep}}`;
    expect(parseFrame(frame)).toMatchObject({ error: { code: 'invalid_field' } });
  });

  it('is not fooled by the prototype', () => {
    expect(parseFrame('{"__proto__":{"message":"Hi"}}')).toMatchObject({
      error: { code: 'invalid_field' },
    });
    expect(parseFrame('{"type":"constructor"}')).toMatchObject({ error: { code: 'unknown_type' } });
  });

  it('takes exactly what the schemas allow', () => {
    const names = [
      'type',
      'message',
      'id',
      'sender',
      'payload',
      'title',
      'token',
      'session',
      'seq',
    ];
    const type = fc.constantFrom(
      'message',
      'choice',
      'resume',
      'ping',
      'cancel',
      'typing',
      'x',
      null,
    );
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom(null, 0, 1.5, -1, 2 ** 53, true, '', 'x'.repeat(513), 'x'.repeat(8_193)),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const fields = fc.dictionary(fc.constantFrom(...names.slice(1)), value);
    fc.assert(
      fc.property(type, fields, (known, rest) => {
        const frame = known === 'x' ? rest : { ...rest, type: known };
        const json = JSON.parse(JSON.stringify(frame)) as object;
        const isTaken = !('error' in parseFrame(JSON.stringify(json)));
        expect([isTaken, json]).toEqual([mistakeIn('client', json) === null, json]);
      }),
      { numRuns: 2_000 },
    );
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        const parsed = parseFrame(text);
        expect('error' in parsed || 'type' in parsed).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
