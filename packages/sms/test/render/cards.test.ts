import type { Button, Element } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { cards } from '../../src/render/cards.ts';

describe('cards', () => {
  it('are one menu, numbered through', () => {
    const elements = [
      {
        title: '**Margherita**',
        subtitle: 'Tomato',
        buttons: [{ title: 'Small' }, { title: 'Large' }],
      },
      {
        title: 'Salad',
        url: 'https://x.org',
        imageUrl: 'https://x.org/s.png',
        buttons: [{ title: 'Take' }],
      },
    ];
    expect(cards(elements)).toEqual([
      { text: 'Margherita\nTomato\n1 Small\n2 Large', image: null },
      { text: 'Salad\nhttps://x.org\n3 Take', image: 'https://x.org/s.png' },
    ]);
  });

  it('are numbered themselves where there is nothing to choose', () => {
    expect(cards([{ title: 'A' }, { title: 'B', subtitle: 'b' }]).map(({ text }) => text)).toEqual([
      '1 A',
      '2 B\nb',
    ]);
    expect(cards([{ title: 'A' }])[0]?.text).toBe('A');
  });

  // The story: cards out of somebody's database had `buttons: null`, and all of the response was given up.
  it('lack what is null', () => {
    const card = { title: 'A', subtitle: null, url: null, imageUrl: null, buttons: null };
    // What came as JSON, no compiler has seen.
    const elements = [card, { ...card, title: null, subtitle: 'b' }] as unknown as Element[];
    expect(cards(elements)).toEqual([
      { text: '1 A', image: null },
      { text: '2 \nb', image: null },
    ]);
  });

  it('count no link, which nobody can choose', () => {
    const link = { title: 'Web', url: 'https://x.org' };
    const [take, have] = [{ title: 'Take' }, { title: 'Have' }];
    const texts = (...buttons: Button[][]): string[] =>
      cards(buttons.map((each) => ({ title: 'Card', buttons: each }))).map(({ text }) => text);
    expect(texts([link, take], [have])).toEqual([
      'Card\nWeb: https://x.org\n1 Take',
      'Card\n2 Have',
    ]);
    expect(texts([link], [])).toEqual(['1 Card\nWeb: https://x.org', '2 Card']);
  });

  it('show numbers that are titles as they are, also over several cards', () => {
    const elements = ['2', '4'].map((title) => ({ title: 'For', buttons: [{ title }] }));
    expect(cards(elements).map(({ text }) => text)).toEqual(['For\n2', 'For\n4']);
  });
});
