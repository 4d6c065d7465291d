import type { ImageFrame } from '../../wire.ts';
import type { ViewContext } from '../context.ts';
import { h } from '../dom.ts';
import { safeImage } from '../links.ts';
import { nameOf } from './attachment.ts';

/** An image, named after its file: the wire has no other description. */
export function renderImage({ image }: ImageFrame, { labels }: ViewContext): HTMLElement {
  const name = nameOf(image);
  const alt = name === '' ? labels.image : `${labels.image}: ${name}`;
  const src = safeImage(image);
  return src === null ? failed(labels.imageFailed) : picture(src, alt, labels.imageFailed);
}

/** A picture, or a sentence where it cannot be loaded. */
export function picture(src: string, alt: string, sentence: string): HTMLElement {
  const image = h('img', { class: 'image', part: 'image', alt, loading: 'lazy' });
  // The server of the picture need not know on which page it stands.
  image.referrerPolicy = 'no-referrer';
  image.addEventListener('error', () => image.replaceWith(failed(sentence)), { once: true });
  image.src = src;
  return image;
}

function failed(sentence: string): HTMLElement {
  return h('div', { class: 'bubble note-in' }, sentence);
}
