import { menuOptions, type Button } from '@trunkline/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerTo, areUnnumbered, menuBody } from '../../src/render/menu.ts';

const buttons: Button[] = [
  { title: 'Small', payload: '/small' },
  { title: 'Large pizza', payload: '/large' },
  { title: 'Large salad', payload: '/salad' },
];
const options = menuOptions({ buttons });
const answer = (text: string | null, repeat = true): unknown => answerTo(text, options, { repeat });

describe('menuBody', () => {
  it('numbers what can be chosen, and shows links', () => {
    const withLink = [
      ...buttons.slice(0, 1),
      { title: 'Menu', url: 'https://x.org' },
      { title: 'B' },
    ];
    expect(menuBody('What size?', withLink)).toBe('What size?\n1 Small\nMenu: https://x.org\n2 B');
    expect(menuBody('', buttons.slice(0, 1))).toBe('1 Small');
  });

  it('leaves titles that are numbers to speak for themselves', { timeout: 30_000 }, () => {
    expect(menuBody('How many?', [{ title: '2' }, { title: '4' }])).toBe('How many?\n2\n4');
    expect(menuBody('How many?', [{ title: '10' }, { title: '20' }])).toBe('How many?\n10\n20');
    expect(menuBody('How many?', [{ title: '10' }, { title: 'more' }])).toBe(
      'How many?\n1 10\n2 more',
    );
  });

  // The story: "2", "4" and "More" were shown as "1 2", "2 4" and "3 More", and "2" was taken for the four.
  it('has no numbers where a title would be the number of another option', () => {
    const menu = (...titles: string[]): string =>
      menuBody(
        '',
        titles.map((title) => ({ title })),
      );
    expect(menu('2', '4', 'More')).toBe('2\n4\nMore');
    expect(menu('One', '１')).toBe('One\n１');
    // Each is its own number here, or nobody's, or has to be told from its twin.
    expect(menu('1', '2', 'More')).toBe('1 1\n2 2\n3 More');
    expect(menu('0', '4', 'More')).toBe('1 0\n2 4\n3 More');
    expect(menu('2', 'Yes', 'yes.')).toBe('1 2\n2 Yes\n3 yes.');
    expect(menu('2', '')).toBe('1 2\n2 ');
  });

  it('has a line an option, whatever its title', () => {
    expect(menuBody('', [{ title: ' two\n lines ' }])).toBe('1 two lines');
  });
});

describe('answerTo', () => {
  it.each([
    '1',
    ' 1 ',
    '1.',
    '1)',
    '(1)',
    '1.)',
    '# 1',
    '#1',
    '#1)',
    '１',
    '1️⃣',
    '1 )',
    '( 1 )',
    '1 !',
    '1 -',
    '[1]',
    '【１】',
    '*1*',
    '_1_',
    '①',
    // Arabic, Persian and Hindi keyboards have digits of their own, and marks that nobody sees.
    '١',
    '(۱)',
    '१.',
    '\u200f1',
    '\u202b١\u202c',
    '\u2068small\u2069',
    '"1"',
    'small',
    'Small.',
    'SMALL!',
    '“Small”',
    '"small."',
    "'Small'.",
    'sm',
    's',
    '1 Small',
    '1. small',
    '(1) Small.',
    '1 – small',
    '1: “Small”',
    '1️⃣ Small',
    '[1] small',
  ])('%j is the first option', (text) => {
    expect(answer(text)).toEqual({ title: 'Small', payload: '/small' });
  });

  it.each(['10', '1️⃣0️⃣', '🔟', '(１０)'])('%j is the tenth', (text) => {
    const ten = Array.from({ length: 12 }, (_, index) => ({ title: `Pizza ${index + 1}` }));
    const menu = menuOptions({ buttons: ten });
    expect(answerTo(text, menu, { repeat: true })).toMatchObject({ title: 'Pizza 10' });
  });

  it.each(['large salad', 'Large  Salad', 'large s'])('%j is the third', (text) => {
    expect(answer(text)).toEqual({ title: 'Large salad', payload: '/salad' });
  });

  it.each([
    'large',
    'small one',
    '2 Small',
    '1 sm',
    'hello',
    '94105',
    '',
    null,
    '1 2',
    '1.5',
    '-1',
    '¿?',
    // How many, for all we know.
    '1 please',
    '1 pizza',
    '1x',
    '+1',
    '~1',
    '1/2',
    'one',
    'option 1',
  ])('%j is an ordinary message', (text) => {
    expect(answer(text)).toBeNull();
  });

  it.each(['0', '4', '9.', '42'])('%j is not on the menu, which is shown again', (text) => {
    expect(answer(text)).toBe('again');
    expect(answer(text, false)).toBeNull();
  });

  it.each([
    ['Don’t know', "don't know"],
    ["Don't know", 'Don’t know.'],
    ['The “big” one', 'the "big" one'],
    ['9 – 12', '9 - 12'],
    ['Don´t', "don't"],
    ['All-in', 'all\u2011in'],
  ])('knows %j by %j: phones show and type other quotes and dashes', (title, typed) => {
    const menu = menuOptions({ buttons: [{ title, payload: '/a' }, { title: 'Other' }] });
    expect(answerTo(typed, menu, { repeat: true })).toEqual({ title, payload: '/a' });
  });

  // The story: in Japanese, Hindi and Arabic a sentence ends with another sign than a full stop, in Spanish it
  // begins with one, and a thumb has the colour that its owner has chosen. None of these was an answer.
  it.each([
    ['大', '大。'],
    ['大', '「大」。'],
    ['Sí', '¡Sí!'],
    ['Sí', '¿sí?'],
    ['نعم', 'نعم؟'],
    ['نعم', 'نعم،'],
    ['हाँ', 'हाँ।'],
    ['👍', '👍🏽'],
    ['👍🏿', '👍'],
    ['❤️ Yes', '❤ yes'],
    ['1️⃣ Small', '1️⃣ small'],
    ['İstanbul', 'istanbul'],
  ])('knows %j by %j, in whatever script', (title, typed) => {
    const menu = menuOptions({ buttons: [{ title, payload: '/a' }, { title: 'Other' }] });
    expect(answerTo(typed, menu, { repeat: true })).toEqual({ title, payload: '/a' });
  });

  it('tells options apart that only differ in their colour by the number alone', () => {
    const menu = menuOptions({ buttons: [{ title: '👍🏻' }, { title: '👍🏿' }] });
    expect(answerTo('👍', menu, { repeat: true })).toBeNull();
    expect(answerTo('2', menu, { repeat: true })).toMatchObject({ title: '👍🏿' });
  });

  // The story: "Yes" and "Yes?" were on one menu, and whoever typed either got an ordinary message.
  it.each([
    ['Yes', 'Yes?'],
    ['👍🏻', '👍🏿'],
    ['🏻', '🏿'],
    ['❤', '❤️'],
    ['SI', 'si'],
    ['“A”', 'A'],
  ])('takes %j and %j for what they are, exactly typed', (first, second) => {
    const menu = menuOptions({ buttons: [first, second].map((title) => ({ title })) });
    for (const title of [first, second]) {
      expect(answerTo(` ${title} `, menu, { repeat: true })).toMatchObject({ title });
    }
  });

  // The story: a menu had "Sí" and "No", and phones are typed on without accents. "si" was an ordinary message.
  it.each([
    ['Sí', 'si'],
    ['Café con leche', 'cafe con'],
    ['Grüße', 'gruße'],
    ['Đồng ý', 'dong y'],
    ['Hayır', 'hayir'],
    ['Größe', 'grosse'],
    ['Ещё раз', 'еще раз'],
    ['Καφές', 'καφες'],
    ['1 kilómetro', '1 1 kilometro'],
  ])('knows %j by %j, without its accents', (title, typed) => {
    const menu = menuOptions({ buttons: [{ title, payload: '/a' }, { title: 'No' }] });
    expect(answerTo(typed, menu, { repeat: true })).toEqual({ title, payload: '/a' });
  });

  // The story: a menu had "½ litre", which the phone showed as "1/2 litre": whoever typed that was not understood.
  it.each([
    ['½ litre', '1/2 litre'],
    ['1¾ cups', '1 3/4 cups'],
    ['Hawaiʻi', "hawai'i"],
    ['÷ 2', '/ 2'],
    ['❨a❩', '(A)'],
    ['½ Café', '1/2 cafe'],
    ['½ litre', '1 1/2 litre'],
  ])('knows %j by %j, as it is shown in GSM-7', (title, typed) => {
    const menu = menuOptions({ buttons: [{ title, payload: '/a' }, { title: 'No' }] });
    expect(answerTo(typed, menu, { repeat: true })).toEqual({ title, payload: '/a' });
  });

  // The story: a menu had "✅ Yes" and "❌ No", and nobody types the picture: "yes" was an ordinary message.
  it.each([
    ['✅ Yes', 'yes'],
    ['✅Yes', 'Yes!'],
    ['👍🏽 Good', 'goo'],
    ['🇩🇪 Deutsch', 'deutsch'],
    ['✔️ Sí', 'si'],
    ['Pizza 🍕', 'pizza'],
    ['👨‍👩‍👧 Family', '1 family'],
    ['Yes', 'yes 👍'],
    ['Yes', '👍 Yes.'],
    ['🍕', '1'],
  ])('knows %j by %j, without pictures', (title, typed) => {
    const menu = menuOptions({ buttons: [{ title, payload: '/a' }, { title: '❌ No' }] });
    expect(answerTo(typed, menu, { repeat: true })).toEqual({ title, payload: '/a' });
  });

  it('tells apart by their pictures what only they tell apart, and makes no number of one with a sign', () => {
    const of = (typed: string, ...titles: string[]): unknown =>
      answerTo(typed, menuOptions({ buttons: titles.map((title) => ({ title })) }), {
        repeat: true,
      });
    expect(of('yes', '👍 Yes', '👎 Yes')).toBeNull();
    expect(of('👎 yes', '👍 Yes', '👎 Yes')).toMatchObject({ title: '👎 Yes' });
    expect(of('yes', '👍 Yes', 'Yes')).toMatchObject({ title: 'Yes' });
    expect(of('🎉', '🍕', '🥗')).toBeNull();
    expect(of('🍕', '🥗 Salad', '🍕 Pizza')).toMatchObject({ title: '🍕 Pizza' });
    expect(of('C#', 'C', 'Java')).toBeNull();
    for (const text of ['+1', '-1', '~1']) expect(of(text, '✅ 1 litre', 'No')).toBeNull();
  });

  it('tells apart by their accents what only they tell apart, and takes signs that are no accents as said', () => {
    const of = (typed: string, ...titles: string[]): unknown =>
      answerTo(typed, menuOptions({ buttons: titles.map((title) => ({ title })) }), {
        repeat: true,
      });
    expect(of('peche', 'Pêche', 'Péché')).toBeNull();
    expect(of('péché', 'Pêche', 'Péché')).toMatchObject({ title: 'Péché' });
    expect(of('ano', 'Año', 'Ano')).toMatchObject({ title: 'Ano' });
    // The whole title comes before the beginning of another.
    expect(of('cafe', 'Café', 'Cafeteria')).toMatchObject({ title: 'Café' });
    expect(of('cafe c', 'Café con leche', 'Cafe corto')).toMatchObject({ title: 'Cafe corto' });
    // A kana without its mark, or a word without its vowels, is another one.
    expect(of('かき', 'かぎ', 'No')).toBeNull();
    expect(of('की', 'किं', 'No')).toBeNull();
  });

  it('takes a whole title for what it is, where others begin with it', () => {
    const sizes = menuOptions({ buttons: [{ title: 'Large' }, { title: 'Large pizza' }] });
    expect(answerTo('large', sizes, { repeat: true })).toMatchObject({ title: 'Large' });
  });

  it('takes numbers for what they say, where they are all the titles', () => {
    const counts = menuOptions({ buttons: [{ title: '2' }, { title: '4' }, { title: '6' }] });
    expect(answerTo('2', counts, { repeat: true })).toEqual({ title: '2', payload: '2' });
    expect(answerTo('1', counts, { repeat: true })).toBe('again');
    for (const text of ['4', '4)', '(4)', '#4', '4️⃣']) {
      expect(answerTo(text, counts, { repeat: true })).toMatchObject({ title: '4' });
    }
  });

  it('takes a number for the title that it is, where it would be the number of another', () => {
    const titles = ['2', '#4', '08', 'More', 'One'];
    const menu = menuOptions({ buttons: titles.map((title) => ({ title })) });
    const answers = [
      ['2', '2'],
      ['2.', '2'],
      ['(4)', '#4'],
      ['#4', '#4'],
      ['8', '08'],
      ['mo', 'More'],
    ] as const;
    for (const [text, title] of answers) {
      expect(answerTo(text, menu, { repeat: true })).toEqual({ title, payload: title });
    }
    for (const text of ['1', '5', '0'])
      expect(answerTo(text, menu, { repeat: true })).toBe('again');
    expect(answerTo('4 More', menu, { repeat: true })).toBeNull();
  });

  it('means nobody where two options have one title', () => {
    const twins = menuOptions({
      buttons: [
        { title: 'Yes', payload: 'a' },
        { title: 'yes.', payload: 'b' },
      ],
    });
    expect(answerTo('yes', twins, { repeat: true })).toBeNull();
    expect(answerTo('2', twins, { repeat: true })).toEqual({ title: 'yes.', payload: 'b' });
  });

  // The story: a run of full stops with something behind it was tried from each of them: seconds, for a webhook's fill.
  it.each([`1${'.'.repeat(30_000)}x`, `${'😀 '.repeat(10_000)}x${' 😀'.repeat(10_000)}x`])(
    'takes no time to read a long text (%#)',
    (text) => {
      const before = process.cpuUsage();
      expect(answer(text)).toBeNull();
      expect(process.cpuUsage(before).user / 1_000).toBeLessThan(1_000);
    },
  );

  it('reaches every option by the number that its line shows, or by its line', () => {
    const title = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.nat(99).map(String),
      fc.nat(9).map(String),
    );
    const button = fc.record(
      { title, payload: fc.string(), url: fc.constantFrom('', 'https://x.org') },
      { requiredKeys: ['title'] },
    );
    fc.assert(
      fc.property(fc.array(button, { maxLength: 30 }), fc.boolean(), (list, repeat) => {
        const lines = menuBody('', list).split('\n');
        const shown = list.map(({ url = '' }, index) => (url === '' ? lines[index] : undefined));
        const all = menuOptions({ buttons: list });
        const unnumbered = areUnnumbered(all);
        const numbers = shown.flatMap((line) =>
          line === undefined ? [] : [unnumbered ? line : (line.split(' ')[0] ?? '')],
        );
        expect(numbers).toHaveLength(all.length);
        for (const [index, option] of all.entries()) {
          const { title: name, payload } = option;
          expect(answerTo(numbers[index] ?? null, all, { repeat })).toEqual({
            title: name,
            payload,
          });
        }
      }),
    );
  });
});
