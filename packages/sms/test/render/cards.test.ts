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

  it('show numbers that are titles as they are, also over several cards', () => {
    const elements = ['2', '4'].map((title) => ({ title: 'For', buttons: [{ title }] }));
    expect(cards(elements).map(({ text }) => text)).toEqual(['For\n2', 'For\n4']);
  });
});
