import type { Element as Card, ElementsFrame } from '../../wire.ts';
import type { ViewContext } from '../context.ts';
import { h, icon, ICONS } from '../dom.ts';
import { safeImage, safeLink } from '../links.ts';
import { buttonRow } from './buttons.ts';
import { picture } from './image.ts';

/** Cards in a row that scrolls: by finger, by the arrow keys, and by two buttons. */
export function renderElements({ elements }: ElementsFrame, context: ViewContext): HTMLElement {
  const { labels } = context;
  const track = h(
    'ul',
    { class: 'track', tabindex: '0', 'aria-label': labels.cards, role: 'list' },
    ...elements.map((element) =>
      h('li', { class: 'card', part: 'card' }, ...card(element, context)),
    ),
  );
  const previous = arrow(labels.previous, ICONS.previous, () => move(track, -1));
  const next = arrow(labels.next, ICONS.next, () => move(track, 1));
  track.addEventListener('keydown', (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    // Inside a card, the keys are the card's.
    if (step === undefined || event.target !== track) return;
    event.preventDefault();
    // These keys go where they point, whichever way one reads.
    move(track, step * directionOf(track));
  });
  const arrows = h('div', { class: 'arrows' }, previous, next);
  const update = (): void => {
    arrows.hidden = track.scrollWidth <= track.clientWidth + 1;
    const position = Math.abs(track.scrollLeft);
    // Not `disabled`, which would take the focus away from whoever presses it.
    previous.setAttribute('aria-disabled', String(position < 2));
    next.setAttribute(
      'aria-disabled',
      String(position > track.scrollWidth - track.clientWidth - 2),
    );
  };
  track.addEventListener('scroll', update, { passive: true });
  new ResizeObserver(update).observe(track);
  return h(
    'section',
    { class: 'carousel', part: 'carousel', 'aria-label': labels.cards },
    track,
    arrows,
  );
}

function arrow(label: string, path: string, onclick: () => void): HTMLElement {
  return h('button', { type: 'button', class: 'arrow', 'aria-label': label, onclick }, icon(path));
}

function move(track: HTMLElement, step: number): void {
  const width = track.firstElementChild?.getBoundingClientRect().width ?? track.clientWidth;
  // How it moves, or whether it jumps, is the style's.
  track.scrollBy({ left: step * directionOf(track) * width });
}

/** -1 where one reads from the right. */
function directionOf(track: HTMLElement): number {
  return getComputedStyle(track).direction === 'rtl' ? -1 : 1;
}

function card(element: Card, context: ViewContext): (Node | null)[] {
  const { labels } = context;
  const { title, subtitle, buttons } = element;
  const src = safeImage(element.imageUrl);
  const href = safeLink(element.url);
  const heading = title ?? null;
  return [
    // The heading beside it says what it shows.
    src === null ? null : picture(src, heading === null ? labels.image : '', labels.imageFailed),
    h(
      'div',
      { class: 'card-text' },
      heading === null
        ? null
        : h('div', { class: 'card-title' }, linked(heading, href, labels.newTab)),
      subtitle === undefined ? null : h('div', { class: 'card-subtitle' }, subtitle),
    ),
    Array.isArray(buttons) && buttons.length > 0 ? buttonRow(buttons, context) : null,
  ];
}

function linked(text: string, href: string | null, newTab: string): Node | string {
  if (href === null) return text;
  const hidden = h('span', { class: 'hidden' }, ` (${newTab})`);
  return h('a', { href, target: '_blank', rel: 'noopener noreferrer' }, text, hidden);
}
