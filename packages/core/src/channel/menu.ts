import type { BotMessage, Button } from '../message/bot-message.ts';
import type { Choice } from '../message/user-message.ts';
import { nonEmpty } from './fallbacks.ts';

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
 * @param first - The first option's number. @defaultValue 1
 */
export function menuText(text: string, buttons: readonly Button[], first = 1): string {
  let number = first;
  const lines = buttons.map((button) =>
    isOption(button) ? `${number++}. ${button.title}` : `${button.title}: ${String(button['url'])}`,
  );
  return [...(text === '' ? [] : [text]), ...lines].join('\n');
}

/**
 * What a text chooses among the options: by the number, `2`, `2.` or `2)`, or by the whole title in
 * any case. `null` if it chooses none, or could mean two.
 */
export function chosenFrom(text: string | null, options: readonly MenuOption[]): Choice | null {
  const said = plain(text ?? '');
  if (said === '') return null;
  const number = /^(\d{1,3})[.)]?$/.exec(said)?.[1];
  const named = options.filter(({ title }) => plain(title) === said);
  // A title that is itself a number, "2" say, is what the user reads: it goes first.
  const option =
    named.length === 1 || number === undefined ? named[0] : options[Number(number) - 1];
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

function plain(text: string): string {
  return text.normalize('NFKC').trim().replaceAll(/\s+/gu, ' ').toLowerCase();
}
