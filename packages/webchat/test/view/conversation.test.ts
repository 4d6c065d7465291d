// @vitest-environment jsdom
import { beforeEach, expect, it } from 'vitest';
import { emptyTranscript, transcript, type Transcript } from '../../src/transcript.ts';
import { Conversation } from '../../src/view/conversation.ts';
import type { ServerFrame } from '../../src/wire.ts';
import { viewContext, withoutLayout } from '../support/view.ts';

const text = (seq: number): ServerFrame => ({
  type: 'text',
  id: `m${seq}`,
  seq,
  text: `text ${seq}`,
  recipient_id: 'me',
});
const after = (state: Transcript, ...frames: ServerFrame[]): Transcript =>
  frames.reduce((before, frame) => transcript(before, { type: 'received', frame }), state);

beforeEach(withoutLayout);

function open(): { conversation: Conversation; rows: () => Element[] } {
  const conversation = new Conversation(viewContext());
  document.body.replaceChildren(conversation.node);
  return { conversation, rows: () => [...conversation.node.querySelectorAll('.entry')] };
}

it('draws only what has changed, and moves nothing else', () => {
  const { conversation, rows } = open();
  const one = after(emptyTranscript, text(1), text(3));
  conversation.show(one);
  const before = rows();
  conversation.show(after(one, text(2)));
  expect(rows().map(({ textContent }) => textContent?.trim())).toEqual([
    'Assistant: text 1',
    'Assistant: text 2',
    'Assistant: text 3',
  ]);
  expect(rows()[0]).toBe(before[0]);
  expect(rows()[2]).toBe(before[1]);
});

it('says whose each message is, and keeps a place for those who read by key', () => {
  const { conversation, rows } = open();
  const said = transcript(emptyTranscript, { type: 'said', id: 'a', text: 'Hi' });
  conversation.show(after(said, text(1)));
  expect(rows().map((row) => row.querySelector('.hidden')?.textContent)).toEqual([
    'Assistant: ',
    'You: ',
  ]);
  expect(conversation.node.querySelector('[role=log]')?.getAttribute('tabindex')).toBe('0');
});

it('gives the focus of what is gone to the list', () => {
  const { conversation } = open();
  const replies: ServerFrame = {
    type: 'quick_replies',
    id: 'q',
    seq: 1,
    text: '',
    quick_replies: [{ title: 'Good', payload: '/good' }],
    recipient_id: 'me',
  };
  const asked = after(emptyTranscript, replies);
  conversation.show(asked);
  conversation.node.querySelector<HTMLButtonElement>('.quick-replies button')?.focus();
  conversation.show(transcript(asked, { type: 'said', id: 'a', text: 'Good' }));
  expect(document.activeElement?.getAttribute('role')).toBe('log');
});
