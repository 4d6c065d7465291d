import { isOption, type Button, type Element } from '@trunkline/core';
import { menuLines, nameThemselves } from './menu.ts';
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
 * @param above - The buttons above the cards, with which the menu begins.
 */
export function cards(elements: readonly Element[], above: readonly Button[] = []): Card[] {
  const begun = above.filter(isOption);
  const options = [...begun, ...buttonsOf(elements).filter(isOption)];
  const areNumbers = nameThemselves(options);
  let first = begun.length + 1;
  return elements.map((element, index) => {
    const { title, subtitle, url, imageUrl } = element;
    const buttons = buttonsOf([element]);
    const name = plainText(title ?? '');
    const isNumbered = options.length === 0 && elements.length > 1;
    const heading = isNumbered ? `${index + 1} ${name}` : name;
    const lines = [heading, plainText(subtitle ?? ''), url ?? ''].filter((line) => line !== '');
    lines.push(...menuLines(buttons, first, areNumbers));
    first += buttons.filter(isOption).length;
    const image = typeof imageUrl === 'string' && imageUrl !== '' ? imageUrl : null;
    return { text: lines.join('\n'), image };
  });
}

/** The buttons of all cards. */
export function buttonsOf(elements: readonly Element[]): Button[] {
  return elements.flatMap(({ buttons }) => buttons ?? []);
}
