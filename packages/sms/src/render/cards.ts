import { isOption, menuOptions, type Element, type MenuOption } from '@trunkline/core';
import { areUnnumbered, menuLines } from './menu.ts';
import { plainText } from './plain-text.ts';

/** A card as a text, and its picture. */
export interface Card {
  text: string;
  image: string | null;
}

/**
 * Cards as texts: heading, line below, link, and its buttons, numbered through all cards as one menu.
 * Where there is nothing to choose, the cards themselves are numbered.
 *
 * @param above - The options above the cards, with which the menu begins.
 */
export function cards(elements: readonly Element[], above: readonly MenuOption[] = []): Card[] {
  const options = [...above, ...menuOptions({ elements })];
  const unnumbered = areUnnumbered(options);
  let first = above.length + 1;
  return elements.map((element, index) => {
    const { title, subtitle, url, imageUrl } = element;
    const buttons = element.buttons ?? [];
    const name = plainText(title ?? '');
    const isNumbered = options.length === 0 && elements.length > 1;
    const heading = isNumbered ? `${index + 1} ${name}` : name;
    const lines = [heading, plainText(subtitle ?? ''), url ?? ''].filter((line) => line !== '');
    lines.push(...menuLines(buttons, first, unnumbered));
    first += buttons.filter(isOption).length;
    const image = typeof imageUrl === 'string' && imageUrl !== '' ? imageUrl : null;
    return { text: lines.join('\n'), image };
  });
}
