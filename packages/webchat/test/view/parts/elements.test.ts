// @vitest-environment jsdom
import { beforeEach, expect, it } from 'vitest';
import { renderElements } from '../../../src/view/parts/elements.ts';
import { logged, shown, viewContext, withoutLayout } from '../../support/view.ts';

beforeEach(withoutLayout);

it('is a list of cards with pictures, links and buttons', () => {
  const context = viewContext();
  const buttons = [{ title: 'Take it', payload: '/small' }];
  const elements = [
    {
      title: 'Small',
      subtitle: '20 cm',
      imageUrl: 'https://a.org/s.png',
      url: 'https://a.org/',
      buttons,
    },
    { title: 'Bad', imageUrl: 'javascript:1', url: 'javascript:1' },
    {},
  ];
  const box = shown(renderElements({ type: 'elements', elements, ...logged }, context));
  const cards = [...box.querySelectorAll('li')];
  expect(cards).toHaveLength(3);
  expect(cards[0]?.querySelector('img')?.src).toBe('https://a.org/s.png');
  // The heading beside it says what it shows.
  expect(cards[0]?.querySelector('img')?.alt).toBe('');
  expect(cards[0]?.querySelector('a')?.href).toBe('https://a.org/');
  cards[0]?.querySelector('button')?.click();
  expect(context.choose).toHaveBeenCalledWith(buttons[0]);
  expect(cards[1]?.querySelector('img, a')).toBeNull();
  expect(cards[1]?.textContent).toBe('Bad');
});
