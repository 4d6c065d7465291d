import { describe, expect, it } from 'vitest';
import {
  renderAttachment,
  renderButtons,
  renderCustom,
  renderElements,
  renderImage,
  renderQuickReplies,
  renderText,
} from '../src/render.ts';
import { mistakeIn } from './support/schemas.ts';

const to = { recipient_id: 'anna' };

describe('render', () => {
  it('makes one frame of each part', () => {
    const button = { title: 'Small', payload: '/small', style: 'primary' };
    const frames = [
      [renderText('anna', 'a\n\nb'), { type: 'text', text: 'a\n\nb', ...to }],
      [renderImage('anna', 'https://x/i.png'), { type: 'image', image: 'https://x/i.png', ...to }],
      [
        renderButtons('anna', '', [button]),
        { type: 'buttons', text: '', buttons: [button], ...to },
      ],
      [
        renderQuickReplies('anna', 'Size?', [{ title: 'Small' }]),
        {
          type: 'quick_replies',
          text: 'Size?',
          quick_replies: [{ title: 'Small', payload: 'Small' }],
          ...to,
        },
      ],
      [
        renderElements('anna', [{ title: 'Card', buttons: [{ title: 'Go', url: 'https://x' }] }]),
        {
          type: 'elements',
          elements: [{ title: 'Card', buttons: [{ title: 'Go', url: 'https://x' }] }],
          ...to,
        },
      ],
      [renderCustom('anna', { a: [1] }), { type: 'custom', custom: { a: [1] }, ...to }],
    ];
    for (const [frame, expected] of frames) {
      expect(frame).toEqual(expected);
      expect(mistakeIn('server', { ...frame, id: 'x', seq: 1 })).toBeNull();
    }
  });

  // JSON of an assistant's: the wire's payload is a text, and the button could not be pressed.
  it('takes a payload of null for none', () => {
    const button = JSON.parse('{"title":"Small","payload":null}') as { title: string };
    const whole = { title: 'Small', payload: 'Small' };
    expect(renderButtons('anna', '', [button]).buttons).toEqual([whole]);
    expect(renderQuickReplies('anna', '', [button]).quick_replies).toEqual([whole]);
    expect(renderElements('anna', [{ buttons: [button] }]).elements).toEqual([
      { buttons: [whole] },
    ]);
  });

  it('brings a file into one form', () => {
    const forms: [unknown, unknown][] = [
      ['https://x/f.pdf', { url: 'https://x/f.pdf' }],
      [
        { url: 'https://x/f.pdf', name: 'f' },
        { url: 'https://x/f.pdf', name: 'f' },
      ],
      [{ type: 'file', payload: { src: 'https://x/f.pdf' } }, { url: 'https://x/f.pdf' }],
      [
        { type: 'file', payload: {} },
        { type: 'file', payload: {} },
      ],
      [7, 7],
    ];
    for (const [given, expected] of forms) {
      expect(renderAttachment('anna', given as string).attachment).toEqual(expected);
    }
  });
});
