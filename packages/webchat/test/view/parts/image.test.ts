// @vitest-environment jsdom
import { expect, it } from 'vitest';
import { renderImage } from '../../../src/view/parts/image.ts';
import { logged, shown, viewContext } from '../../support/view.ts';

const show = (image: string): HTMLElement =>
  shown(renderImage({ type: 'image', image, ...logged }, viewContext()));

it('is named after its file, and tells its server nothing of the page', () => {
  const image = show('https://a.org/pizza.png').querySelector('img');
  expect(image?.alt).toBe('Image: pizza.png');
  expect(image?.referrerPolicy).toBe('no-referrer');
});

it('is a sentence where it cannot be loaded', () => {
  const box = show('https://a.org/pizza.png');
  box.querySelector('img')?.dispatchEvent(new Event('error'));
  expect(box.textContent).toBe('The image could not be loaded');
  expect(show('javascript:1').textContent).toBe('The image could not be loaded');
});
