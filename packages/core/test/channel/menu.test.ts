import { chosenFrom, menuOptions, menuText } from '@trunkline/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const options = [
  { title: 'Small', payload: '/s' },
  { title: 'Large one', payload: '/l' },
];

describe('menuOptions', () => {
  it('are quick replies, else buttons, then the buttons of all cards', () => {
    const quickReplies = [{ title: 'a', payload: 'A' }];
    const buttons = [{ title: 'b' }];
    const elements = [
      { title: 'x', buttons: [{ title: 'c' }] },
      { title: 'y' },
      { title: 'z', buttons: [{ title: 'd', payload: '/d' }] },
    ];
    const ofCards = [
      { title: 'c', payload: 'c' },
      { title: 'd', payload: '/d' },
    ];
    expect(menuOptions({ quickReplies, buttons, elements })).toEqual([
      { title: 'a', payload: 'A' },
      ...ofCards,
    ]);
    expect(menuOptions({ quickReplies: [], buttons, elements })).toEqual([
      { title: 'b', payload: 'b' },
      ...ofCards,
    ]);
    expect(menuOptions({ elements })).toEqual(ofCards);
    expect(menuOptions({ text: 'Hi' })).toEqual([]);
  });

  it('are none that open a page', () => {
    const buttons = [
      { title: 'site', url: 'https://x' },
      { title: 'a', url: '' },
    ];
    expect(menuOptions({ buttons })).toEqual([{ title: 'a', payload: 'a' }]);
  });
});

describe('menuText', () => {
  it('numbers what can be chosen, and shows links', () => {
    const buttons = [{ title: 'A' }, { title: 'Site', url: 'https://x' }, { title: 'B' }];
    expect(menuText('Which?', buttons)).toBe('Which?\n1. A\nSite: https://x\n2. B');
    expect(menuText('', buttons, 3)).toBe('3. A\nSite: https://x\n4. B');
  });

  // The story: "2", "4" and "More" were shown as "1. 2", "2. 4" and "3. More". Whoever typed "2" for the four got two.
  it('has no numbers where a title would be the number of another option', () => {
    const menu = (...titles: string[]): string =>
      menuText(
        '',
        titles.map((title) => ({ title })),
      );
    expect(menu('2', '4', 'More')).toBe('2\n4\nMore');
    expect(menu('10', '20')).toBe('10\n20');
    expect(menu('1', 'More')).toBe('1. 1\n2. More');
    expect(menu('10', 'More')).toBe('1. 10\n2. More');
    expect(menu('2', 'More', 'more')).toBe('1. 2\n2. More\n3. more');
    expect(menu('2', '')).toBe('1. 2\n2. ');
  });

  it('has the numbers that menuOptions has', () => {
    const button = fc.record(
      { title: fc.stringMatching(/^[a-z]{1,5}$/), url: fc.constantFrom('', 'https://x') },
      { requiredKeys: ['title'] },
    );
    fc.assert(
      fc.property(fc.array(button, { maxLength: 12 }), (buttons) => {
        const lines = menuText('', buttons).split('\n');
        for (const [index, { title }] of menuOptions({ buttons }).entries()) {
          expect(lines).toContain(`${index + 1}. ${title}`);
        }
      }),
    );
  });
});

describe('chosenFrom', () => {
  it.each([
    ['1', '/s'],
    [' 2. ', '/l'],
    ['2)', '/l'],
    ['２', '/l'],
    ['small', '/s'],
    ['LARGE   one', '/l'],
  ])('%j chooses %s', (text, payload) => {
    expect(chosenFrom(text, options)).toMatchObject({ payload });
  });

  it.each(['0', '3', '-1', '1 2', '1.5', 'smal', '', '9999', '1e0', null])('%j is none', (text) => {
    expect(chosenFrom(text, options)).toBeNull();
  });

  it('names title, payload and number', () => {
    expect(chosenFrom('2', options)).toEqual({ title: 'Large one', payload: '/l', number: 2 });
  });

  it('reads a title that is a number as what the user sees', () => {
    const numbers = ['3', '2', '1'].map((title) => ({ title, payload: `/${title}` }));
    expect(chosenFrom('3', numbers)).toMatchObject({ payload: '/3', number: 1 });
  });

  it('knows no number that is not shown', () => {
    const mixed = ['02', '4', 'More'].map((title) => ({ title, payload: title }));
    for (const text of ['02', '2', '2.']) {
      expect(chosenFrom(text, mixed)).toEqual({ title: '02', payload: '02', number: 1 });
    }
    expect(chosenFrom('4)', mixed)).toMatchObject({ payload: '4' });
    expect(chosenFrom('more', mixed)).toMatchObject({ payload: 'More' });
    for (const text of ['1', '3', '0']) expect(chosenFrom(text, mixed)).toBeNull();
  });

  it('chooses none where it could mean two', () => {
    const twins = [
      { title: 'Yes', payload: '/a' },
      { title: 'yes ', payload: '/b' },
    ];
    expect(chosenFrom('yes', twins)).toBeNull();
    expect(chosenFrom('2', twins)).toMatchObject({ payload: '/b' });
  });

  it('chooses nothing by saying nothing', () => {
    // A file without a text was taken for the option without a title.
    const untitled = [{ title: ' ', payload: '/a' }];
    expect(chosenFrom(null, untitled)).toBeNull();
    expect(chosenFrom('', untitled)).toBeNull();
    expect(chosenFrom('1', untitled)).toMatchObject({ payload: '/a' });
  });
});
