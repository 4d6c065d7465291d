// @vitest-environment jsdom
import { beforeEach, expect, it, vi } from 'vitest';
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

it.each([
  ['ltr', { Next: 100, Previous: -100, ArrowRight: 100, ArrowLeft: -100 }],
  // The next card is to the left, and an arrow key goes where it points.
  ['rtl', { Next: -100, Previous: 100, ArrowRight: 100, ArrowLeft: -100 }],
] as const)('moves by a card where one reads %s', (direction, steps) => {
  const elements = [{ title: 'One' }, { title: 'Two' }];
  const box = shown(renderElements({ type: 'elements', elements, ...logged }, viewContext()));
  document.body.replaceChildren(box);
  const track = box.querySelector('ul') as HTMLElement;
  track.style.direction = direction;
  vi.spyOn(track.children[0] as Element, 'getBoundingClientRect').mockReturnValue({
    width: 100,
  } as DOMRect);
  const scrollBy = vi.fn<(options: ScrollToOptions) => void>();
  track.scrollBy = scrollBy as typeof track.scrollBy;
  const press = (key: string): void =>
    void track.dispatchEvent(new KeyboardEvent('keydown', { key }));
  box.querySelector<HTMLElement>('[aria-label="Next cards"]')?.click();
  box.querySelector<HTMLElement>('[aria-label="Previous cards"]')?.click();
  press('ArrowRight');
  press('ArrowLeft');
  expect(scrollBy.mock.calls).toEqual(Object.values(steps).map((left) => [{ left }]));
});
