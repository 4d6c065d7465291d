// @vitest-environment jsdom
import { expect, it } from 'vitest';
import type { Button } from '../../../src/wire.ts';
import { renderButtons } from '../../../src/view/parts/buttons.ts';
import { logged, shown, viewContext } from '../../support/view.ts';

it('sends what was pressed, and opens links beside the page', () => {
  const context = viewContext();
  const buttons = [
    // Some write down what there is not.
    { title: 'Small', payload: '/small', url: null } as unknown as Button,
    { title: 'Docs', url: 'https://example.org/docs' },
  ];
  const box = shown(
    renderButtons({ type: 'buttons', text: '**Which**?', buttons, ...logged }, context),
  );
  expect(box.querySelector('strong')?.textContent).toBe('Which');
  box.querySelector('button')?.click();
  expect(context.choose).toHaveBeenCalledWith(buttons[0]);
  const link = box.querySelector<HTMLAnchorElement>('a.button');
  expect(link?.href).toBe('https://example.org/docs');
  expect(link?.rel).toBe('noopener noreferrer');
  expect(link?.textContent).toBe('Docs (opens in a new tab)');
});

it('takes a double click for one', () => {
  // Whoever opens things by double clicks ordered two pizzas.
  const context = viewContext();
  const buttons = [{ title: 'Order', payload: '/order' }];
  const box = shown(renderButtons({ type: 'buttons', text: '', buttons, ...logged }, context));
  for (const detail of [1, 2, 3]) {
    box.querySelector('button')?.dispatchEvent(new MouseEvent('click', { detail }));
  }
  expect(context.choose).toHaveBeenCalledTimes(1);
});

it('shows no button whose address is not safe, and one that says nothing', () => {
  const buttons = [
    { title: 'Evil', url: 'javascript:1' },
    { title: '', payload: '' },
  ];
  const box = shown(
    renderButtons({ type: 'buttons', text: '', buttons, ...logged }, viewContext()),
  );
  expect(box.textContent).toBe('…');
  expect(box.querySelector('.bubble')).toBeNull();
});
