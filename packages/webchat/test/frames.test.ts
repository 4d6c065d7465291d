import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLogged, parseServerFrame } from '../src/frames.ts';

const logged = { id: 'm', seq: 1, recipient_id: 'me' };

describe('what comes over the socket', () => {
  it.each([
    { type: 'text', text: 'Hi', ...logged },
    { type: 'attachment', attachment: null, ...logged },
    { type: 'buttons', text: '', buttons: [], ...logged },
    { type: 'gap', missing: null, anew: true },
    { type: 'session', session: 's', token: null, seq: 0, resumed: true },
    { type: 'pong' },
  ])('is read: %j', (frame) => {
    expect(parseServerFrame(JSON.stringify(frame))).toEqual(frame);
  });

  it.each([
    ['no text', new ArrayBuffer(1)],
    ['no JSON', '{'],
    ['no object', '[]'],
    ['a type of a later server', '{"type":"hologram"}'],
    ['a name of the prototype', '{"type":"toString"}'],
    ['a field that is missing', JSON.stringify({ type: 'text', ...logged })],
    ['a field of another type', JSON.stringify({ type: 'text', text: 1, ...logged })],
    [
      'buttons that are none',
      JSON.stringify({ type: 'buttons', text: '', buttons: [1], ...logged }),
    ],
  ])('is nothing where it is %s', (_what, data) => {
    expect(parseServerFrame(data)).toBeNull();
  });

  it('never fails', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string(), fc.anything()), (data) => {
        expect(() => parseServerFrame(data)).not.toThrow();
      }),
    );
  });

  it('is part of the conversation where it has a number of its own', () => {
    expect(isLogged({ type: 'text', text: 'Hi', ...logged })).toBe(true);
    expect(isLogged({ type: 'ack', id: 'a', seq: 1 })).toBe(false);
    expect(isLogged({ type: 'session', session: 's', token: null, seq: 1, resumed: true })).toBe(
      false,
    );
  });
});
