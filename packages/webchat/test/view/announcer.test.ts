// @vitest-environment jsdom
import { expect, it } from 'vitest';
import { emptyTranscript, transcript, type Transcript } from '../../src/transcript.ts';
import type { ServerFrame } from '../../src/wire.ts';
import { Announcer } from '../../src/view/announcer.ts';
import { ENGLISH } from '../../src/view/labels.ts';

const logged = (seq: number) => ({ id: `m${seq}`, seq, recipient_id: 'me' });
const after = (...frames: ServerFrame[]): Transcript =>
  frames.reduce((state, frame) => transcript(state, { type: 'received', frame }), emptyTranscript);

it('says what is new once, and not what was there before', () => {
  const announcer = new Announcer(ENGLISH);
  const before: ServerFrame = { type: 'text', text: 'Old', ...logged(1) };
  const fresh: ServerFrame = { type: 'text', text: '**New**', ...logged(2) };
  announcer.show(after(before), true);
  announcer.show(after(before, fresh), false);
  announcer.show(after(before, fresh), false);
  expect(announcer.node.textContent).toBe('Assistant: New');
  expect(announcer.node.getAttribute('aria-live')).toBe('polite');
});

it('does not say again what it said before', () => {
  // A status is read out as a whole unless it says otherwise: the last five, with every new one.
  const { node } = new Announcer(ENGLISH);
  expect(node.getAttribute('role')).toBe('status');
  expect(node.getAttribute('aria-atomic')).toBe('false');
});

it('says a stream when it is whole', () => {
  const announcer = new Announcer(ENGLISH);
  const start: ServerFrame = { type: 'stream_start', ...logged(1) };
  const chunk: ServerFrame = {
    type: 'stream_chunk',
    id: 'm1',
    recipient_id: 'me',
    offset: 0,
    chunk: 'Once ',
  };
  announcer.show(after(start, chunk), false);
  expect(announcer.node.textContent).toBe('');
  announcer.show(
    after(start, { type: 'stream_end', text: 'Once upon', ...logged(1), seq: 2 }),
    false,
  );
  expect(announcer.node.textContent).toBe('Assistant: Once upon');
});

it('says of a stream that was stopped that it was', () => {
  const announcer = new Announcer(ENGLISH);
  const end = { type: 'stream_end', text: 'Once', ...logged(1), stopped: true } as const;
  announcer.show(after(end), false);
  expect(announcer.node.textContent).toBe('Assistant: Once (Stopped)');
});

it('says nothing any more of what is shown no more', () => {
  const announcer = new Announcer(ENGLISH);
  const secret: ServerFrame = { type: 'text', text: 'Private', ...logged(1) };
  const other: ServerFrame = { type: 'text', text: 'Hello', ...logged(2) };
  announcer.show(after(secret), false);
  announcer.show(after(other), false);
  expect(announcer.node.textContent).toBe('Assistant: Hello');
});

it('says each time that a message failed, also where that is shown from the start', () => {
  const announcer = new Announcer(ENGLISH);
  const said = transcript(emptyTranscript, { type: 'said', id: 'a', text: 'Hi' });
  const failed = transcript(said, { type: 'failed', id: 'a', code: 'too_fast', error: 'slowly' });
  announcer.show(said, false);
  expect(announcer.node.textContent).toBe('');
  announcer.show(failed, true);
  const sentence = `${ENGLISH.failed}: ${ENGLISH.tooFast}`;
  expect(announcer.node.textContent).toBe(sentence);
  const first = announcer.node.firstChild;
  announcer.show(failed, false);
  expect(announcer.node.firstChild).toBe(first);
  announcer.show(transcript(failed, { type: 'retried', id: 'a' }), false);
  announcer.show(failed, false);
  expect(announcer.node.textContent).toBe(sentence);
  expect(announcer.node.firstChild).not.toBe(first);
});

it('names what can be chosen, and what can only be seen', () => {
  const announcer = new Announcer(ENGLISH);
  const buttons = [{ title: 'Left' }, { title: 'Right' }];
  announcer.show(
    after(
      { type: 'buttons', text: 'Which?', buttons, ...logged(1) },
      { type: 'elements', elements: [{ title: 'Small' }, {}], ...logged(2) },
      { type: 'image', image: 'x', ...logged(3) },
    ),
    false,
  );
  expect([...announcer.node.children].map(({ textContent }) => textContent)).toEqual([
    'Assistant: Which? Left, Right',
    'Assistant: Cards: Small, ',
    'Assistant: Image',
  ]);
});

it('looks at no more than it says of all that was missed', () => {
  // A thousand messages after a sleep took twice as long to show: each was made ready to be heard.
  const announcer = new Announcer(ENGLISH);
  let looks = 0;
  const missed = Array.from({ length: 1_000 }, (_, i): ServerFrame => {
    const frame: ServerFrame = { type: 'text', text: '', ...logged(i + 1) };
    const get = (): string => {
      looks++;
      return `number ${i + 1}`;
    };
    return Object.defineProperty(frame, 'text', { get, enumerable: true });
  });
  announcer.show(after(...missed), false);
  expect([...announcer.node.children].map(({ textContent }) => textContent)).toEqual(
    [996, 997, 998, 999, 1_000].map((n) => `Assistant: number ${n}`),
  );
  expect(looks).toBe(5);
});
