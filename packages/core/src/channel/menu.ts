import type { BotMessage, Button, Element } from '../message/bot-message.ts';
import type { Choice } from '../message/user-message.ts';
import { elementText, nonEmpty } from './fallbacks.ts';

/** One of the options that a numbered menu offers. */
export interface MenuOption {
  /** What the user reads behind the number. */
  title: string;
  /** What the assistant receives. */
  payload: string;
}

/**
 * What a text is to an open menu: the choice of an option; `again` for an answer that is none of them,
 * which shows the menu once more; `null` for an ordinary message.
 */
export type MenuAnswer = Choice | 'again' | null;

/**
 * What a response offers, in the order of its numbers: below its text, then in its cards. Empty if it offers
 * nothing.
 */
export function menuOptions({ quickReplies, buttons, elements }: BotMessage): MenuOption[] {
  const belowText = nonEmpty(quickReplies) ?? nonEmpty(buttons) ?? [];
  const inCards = elements?.flatMap((card) => card.buttons ?? []) ?? [];
  return [...belowText, ...inCards].filter(isOption).map(toOption);
}

/**
 * A text with its options below, one a line: `1. Small`. Links are shown, but not numbered.
 *
 * @param first - The first option's number; `null` where none has one.
 * @defaultValue as of a menu that has no other options
 */
export function menuText(
  text: string,
  buttons: readonly Button[],
  first: number | null = firstNumber(menuOptions({ buttons })),
): string {
  let number = first;
  const lines = buttons.map((button) => {
    if (!isOption(button)) return `${button.title}: ${String(button['url'])}`;
    return number === null ? button.title : `${number++}. ${button.title}`;
  });
  return [...(text === '' ? [] : [text]), ...lines].join('\n');
}

/** Cards as texts with their options below, numbered through, on from those above. */
export function cardMenus(elements: readonly Element[], above: readonly MenuOption[]): string[] {
  let first = firstNumber([...above, ...menuOptions({ elements })], above.length);
  return elements.map((element) => {
    const buttons = element.buttons ?? [];
    const text = menuText(elementText(element), buttons, first);
    if (first !== null) first += buttons.filter(isOption).length;
    return text;
  });
}

/** The number of a menu's first option, or of another; `null` where titles name themselves. */
export function firstNumber(options: readonly MenuOption[], index = 0): number | null {
  return nameThemselves(options.map(({ title }) => plain(title))) ? null : index + 1;
}

/**
 * Whether a menu's titles stand without numbers: all of them are numbers, or one of them is the number that
 * another would have, and "2" would be a riddle. Where two are the same or one is empty, they need numbers.
 *
 * @param titles - All that are on the menu, in order, as answers are compared with them.
 */
export function nameThemselves(titles: readonly string[]): boolean {
  const isNumber = (title: string): boolean => /^\d{1,3}$/.test(title);
  const isOfAnother = (title: string, index: number): boolean =>
    isNumber(title) && Number(title) !== index + 1 && titles[Number(title) - 1] !== undefined;
  const isRiddle = titles.some(isOfAnother) || titles.every(isNumber);
  const canBeSaid = !titles.includes('') && new Set(titles).size === titles.length;
  return isRiddle && canBeSaid;
}

/**
 * What a text chooses among the options: by the number that is shown, `2`, `2.` or `2)`, or by the whole
 * title in any case. `null` if it chooses none, or could mean two.
 */
export function chosenFrom(text: string | null, options: readonly MenuOption[]): Choice | null {
  const said = plain(text ?? '');
  if (said === '') return null;
  const number = numberIn(said);
  const named = options.filter(({ title }) => plain(title) === said);
  const numbered =
    firstNumber(options) === null
      ? options.find(({ title }) => numberIn(plain(title)) === number)
      : options[number - 1];
  const option = named[0] ?? numbered;
  if (option === undefined || named.length > 1) return null;
  return { title: option.title, payload: option.payload, number: options.indexOf(option) + 1 };
}

/** Whether a button can be chosen: one that opens a page sends nothing back. */
export function isOption(button: Button): boolean {
  return typeof button['url'] !== 'string' || button['url'] === '';
}

function toOption({ title, payload }: Button): MenuOption {
  return { title, payload: payload ?? title };
}

/** `NaN` of a text that is more than a number. */
function numberIn(said: string): number {
  return Number(/^(\d{1,3})[.)]?$/.exec(said)?.[1]);
}

function plain(text: string): string {
  return text.normalize('NFKC').trim().replaceAll(/\s+/gu, ' ').toLowerCase();
}
