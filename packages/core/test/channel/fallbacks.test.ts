import {
  attachmentText,
  buttonText,
  customJsonText,
  elementLine,
  elementText,
  imageText,
  responseTexts,
} from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { isTruthy, nonEmpty } from '../../src/channel/fallbacks.ts';

describe('the default renderings', () => {
  it('show a button with its number, title and payload', () => {
    expect(buttonText({ title: 'Yes', payload: '/affirm' }, 0)).toBe('1: Yes (/affirm)');
    expect(buttonText({ title: 'No' }, 9)).toBe('10: No');
  });

  it('show what else a button carries as JSON with sorted keys', () => {
    const button = { title: 'Yes', payload: '/affirm', x: 1, a: { d: 'é', c: null } };
    expect(buttonText(button, 0)).toBe(
      '1: Yes (/affirm) - {"a": {"c": null, "d": "\\u00e9"}, "x": 1}',
    );
  });

  it('do not change the button', () => {
    const button = Object.freeze({ title: 'Yes', payload: '/affirm', x: 1 });
    expect(buttonText(button, 0)).toBe(buttonText(button, 0));
    expect(button).toEqual({ title: 'Yes', payload: '/affirm', x: 1 });
  });

  it('show an element as title and subtitle, either of which may be missing', () => {
    expect(elementText({ title: 'a', subtitle: 'b' })).toBe('a : b');
    expect(elementText({ title: 'E2' })).toBe('E2 : ');
    expect(elementText({})).toBe(' : ');
  });

  it('show an element on the command line with the rest of it as JSON', () => {
    const element = { title: 'Bag', subtitle: 'red', buttons: [{ title: 'Buy' }] };
    expect(elementLine(element, 1)).toBe(
      '2: Bag - {"buttons": [{"title": "Buy"}], "subtitle": "red"}',
    );
  });

  it('show images, attachments and JSON', () => {
    expect(imageText('i')).toBe('Image: i');
    expect(attachmentText('A')).toBe('Attachment: A');
    expect(attachmentText({ url: 'u', n: 1, ok: true })).toBe(
      `Attachment: {'url': 'u', 'n': 1, 'ok': True}`,
    );
    expect(customJsonText({ k: 'é', n: 1 })).toBe('{"k": "\\u00e9", "n": 1}');
  });
});

describe('responseTexts', () => {
  it('says every part in the order in which it would be sent', () => {
    const response = {
      elements: [{ title: 'E', subtitle: 's', buttons: [{ title: 'Buy', payload: '/buy' }] }],
      attachment: 'A',
      image: 'i',
      custom: { a: 1 },
      buttons: [{ title: 'Yes', payload: '/y' }],
      text: 'Q',
    };
    expect(responseTexts(response)).toEqual([
      'Q',
      '1: Yes (/y)',
      '{"a": 1}',
      'Image: i',
      'Attachment: A',
      'E : s',
      '1: Buy (/buy)',
    ]);
  });

  it('prefers quick replies to buttons', () => {
    const response = { text: 'Q', quickReplies: [{ title: 'A' }], buttons: [{ title: 'B' }] };
    expect(responseTexts(response)).toEqual(['Q', '1: A']);
  });

  it('says nothing for nothing', () => {
    expect(responseTexts({ text: '', custom: {}, buttons: [], image: null, elements: [] })).toEqual(
      [],
    );
  });
});

describe('what counts as nothing', () => {
  it('is what Python takes for false', () => {
    expect([{}, [], 0, '', false, null, undefined].some(isTruthy)).toBe(false);
    expect([{ a: 1 }, [0], 1, 'a', true].every(isTruthy)).toBe(true);
  });

  it('includes empty lists', () => {
    expect(nonEmpty([])).toBeNull();
    expect(nonEmpty(null)).toBeNull();
    expect(nonEmpty(undefined)).toBeNull();
    expect(nonEmpty([0])).toEqual([0]);
  });
});
