// @vitest-environment jsdom
import { expect, it, vi } from 'vitest';
import { Composer } from '../../src/view/composer.ts';
import { ENGLISH } from '../../src/view/labels.ts';

function compose() {
  const events = {
    onSend: vi.fn<(text: string) => string | null>(() => null),
    onTyping: vi.fn<() => void>(),
    onStop: vi.fn<() => void>(),
  };
  const composer = new Composer(ENGLISH, events);
  document.body.replaceChildren(composer.note, composer.node);
  const input = composer.node.querySelector('textarea') as HTMLTextAreaElement;
  const press = (init: KeyboardEventInit): KeyboardEvent => {
    const event = new KeyboardEvent('keydown', { cancelable: true, bubbles: true, ...init });
    input.dispatchEvent(event);
    return event;
  };
  return { composer, events, input, press };
}

it('sends with Enter what is more than space, and empties the field', () => {
  const { events, input, press } = compose();
  for (const space of ['', ' \n ']) {
    input.value = space;
    press({ key: 'Enter' });
  }
  expect(events.onSend).not.toHaveBeenCalled();
  input.value = '  Hi\nyou ';
  expect(press({ key: 'Enter' }).defaultPrevented).toBe(true);
  expect(events.onSend.mock.calls).toEqual([['Hi\nyou']]);
  expect(input.value).toBe('');
});

it('begins a new line with Shift and Enter, and leaves Enter to those who compose a word', () => {
  const { events, input, press } = compose();
  input.value = 'にほ';
  expect(press({ key: 'Enter', shiftKey: true }).defaultPrevented).toBe(false);
  expect(press({ key: 'Enter', isComposing: true }).defaultPrevented).toBe(false);
  // As Safari tells of it.
  expect(press({ key: 'Enter', keyCode: 229 }).defaultPrevented).toBe(false);
  expect(events.onSend).not.toHaveBeenCalled();
});

it('tells of typing, and has a button that stops only while there is something to stop', () => {
  const { composer, events, input } = compose();
  input.value = 'a';
  input.dispatchEvent(new Event('input'));
  expect(events.onTyping).toHaveBeenCalledOnce();
  const stop = composer.node.querySelector<HTMLButtonElement>('[aria-label=Stop]');
  expect(stop?.hidden).toBe(true);
  composer.canStop = true;
  stop?.click();
  expect(events.onStop).toHaveBeenCalledOnce();
  expect(document.activeElement).toBe(input);
});

it('gives the focus of a button that is gone to the field', () => {
  const { composer, input } = compose();
  const stop = composer.node.querySelector<HTMLButtonElement>('[aria-label=Stop]');
  composer.canStop = true;
  composer.canStop = false;
  expect(document.activeElement).toBe(document.body);
  composer.canStop = true;
  stop?.focus();
  composer.canStop = true;
  expect(document.activeElement).toBe(stop);
  composer.canStop = false;
  expect(document.activeElement).toBe(input);
});

it('keeps what is not taken, says why until it is changed, and forgets it when told to', () => {
  const { composer, events, input, press } = compose();
  events.onSend.mockReturnValue('Too long');
  input.value = 'far too long';
  press({ key: 'Enter' });
  expect(input.value).toBe('far too long');
  expect(composer.note.textContent).toBe('Too long');
  input.value = 'far too';
  input.dispatchEvent(new Event('input'));
  expect(composer.note.textContent).toBe('');
  press({ key: 'Enter' });
  composer.clear();
  expect([input.value, composer.note.textContent]).toEqual(['', '']);
});
