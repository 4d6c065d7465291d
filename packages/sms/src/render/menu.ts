import {
  isOption,
  menuOptions,
  nameThemselves,
  type Button,
  type MenuAnswer,
  type MenuOption,
} from '@trunkline/core';
import { foldToGsm7 } from './gsm7.ts';

/**
 * A text with its options below, one a line behind its number: `1 Small`.
 *
 * @param options - All of the menu, that of cards below too.
 */
export function menuBody(
  text: string,
  buttons: readonly Button[],
  options: readonly MenuOption[] = menuOptions({ buttons }),
): string {
  const lines = menuLines(buttons, 1, areUnnumbered(options));
  return [...(text === '' ? [] : [text]), ...lines].join('\n');
}

/**
 * Buttons as the lines of a menu. Links are shown, but not numbered.
 *
 * @param first - The first option's number.
 * @param unnumbered - Whether the titles of the whole menu name themselves.
 */
export function menuLines(
  buttons: readonly Button[],
  first: number,
  unnumbered: boolean,
): string[] {
  let number = first;
  return buttons.map((button) => {
    const title = shown(button.title);
    if (!isOption(button)) return `${title}: ${button.url}`;
    return unnumbered ? title : `${number++} ${title}`;
  });
}

/** A number alone, with whatever signs somebody puts around it. With a sign of reckoning or a word it is another. */
const NUMBER = /^[\s([【#*_]*(\d{1,3})[\s)\]】.:*_-]*$/u;
/** A number, and what is said behind it. */
const NUMBERED = /^[\s([【#*_]*(\d{1,3})[\s)\]】.:*_-]+(.+)$/u;

/** How an answer to a menu is read. */
export interface MenuReading {
  /** Whether a number that is not on the menu gets it once more. */
  repeat: boolean;
}

/**
 * What a text is to a menu: its option by number (`1`, `1.`, `[1]`, `#1`), by title (`small`, `"Small."`), by a
 * beginning that no other title has, or by its whole line (`1 Small`). Any other short number asks for the menu
 * again.
 */
export function answerTo(
  text: string | null,
  options: readonly MenuOption[],
  { repeat }: MenuReading,
): MenuAnswer {
  if (text === null || shown(text) === '') return null;
  const said = plain(text);
  const number = NUMBER.exec(said)?.[1];
  const whole = titled(text, options);
  // "2" begins "20 cm" too, and whoever types it means one of the numbers.
  const meant = whole.length > 0 || number !== undefined ? whole : begun(text, options);
  const byTitle = meant.length === 1 ? meant[0] : undefined;
  const option = areUnnumbered(options)
    ? (byTitle ?? options.find(({ title }) => numberIn(title) === Number(number)))
    : (options[Number(number) - 1] ?? byTitle ?? byLine(said, options));
  if (option !== undefined) return { title: option.title, payload: option.payload };
  const isMissing = number !== undefined && number.length < 3 && whole.length === 0;
  return repeat && isMissing ? 'again' : null;
}

/** Options by their whole title: as it is typed exactly, else as it is read. "Yes" may stand beside "Yes?". */
function titled(text: string, options: readonly MenuOption[]): readonly MenuOption[] {
  return firstFound([shown, ...READINGS], text, options, (title, said) => title === said);
}

/** Options by the beginning of their title. */
function begun(text: string, options: readonly MenuOption[]): readonly MenuOption[] {
  return firstFound(READINGS, text, options, (title, said) => title.startsWith(said));
}

/** What is found by the first of some ways to read that finds anything. */
function firstFound(
  ways: readonly ((text: string) => string)[],
  text: string,
  options: readonly MenuOption[],
  fits: (title: string, said: string) => boolean,
): readonly MenuOption[] {
  for (const read of ways) {
    const said = read(text);
    const found = options.filter(({ title }) => said !== '' && fits(read(title), said));
    if (found.length > 0) return found;
  }
  return [];
}

/** The option whose number and title were both said. */
function byLine(said: string, options: readonly MenuOption[]): MenuOption | undefined {
  const [, number, title = ''] = NUMBERED.exec(said) ?? [];
  const option = options[Number(number) - 1];
  if (option === undefined) return undefined;
  return wordsOf(option.title) === wordsOf(title) ? option : undefined;
}

/** Whether a menu's titles name themselves, and stand without numbers. */
export function areUnnumbered(options: readonly MenuOption[]): boolean {
  return nameThemselves(options.map(({ title }) => plain(title)));
}

/** The number that a title is; `NaN` of another. */
function numberIn(title: string): number {
  return Number(NUMBER.exec(plain(title))?.[1]);
}

/** A title as its line shows it. */
function shown(title: string): string {
  return title.trim().replaceAll(/\s+/gu, ' ');
}

/**
 * Marks that no reader sees, or that their phone chooses: directions of writing, joiners, whether a sign is in
 * colour, of what colour skin is, and a key around a digit (`1️⃣`).
 */
const UNSEEN =
  /[\u20E3\u061C\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF]|\uFE0E|\uFE0F|[\u{1F3FB}-\u{1F3FF}]/gu;

/** What a sentence begins and ends with, in the scripts that have signs of their own. */
const BEGIN = /^[¡¿]+/u;
// What comes before is looked at so that each run of them is tried once, not from each of its places.
const END = /(?<![.!?,;:。、،؛؟۔।॥։።])[.!?,;:。、،؛؟۔।॥։።]+$/u;

/** A digit of another script, `٣` say, as ours. Each script has its ten in a row. */
function asciiDigit(digit: string): string {
  let zero = digit.codePointAt(0) ?? 0;
  const first = zero;
  while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero--;
  return String((first - zero) % 10);
}

/**
 * Without case, doubled white space, quotes around it, and what a sentence begins and ends
 * with. Phones show and type other quotes, dashes and digits than the title has.
 */
function plain(text: string): string {
  const words = text
    .replaceAll(UNSEEN, '')
    .replaceAll('🔟', '10')
    .replaceAll(/[\u2018\u2019\u201A\u201B\u2032\u00B4`]/gu, "'")
    .replaceAll(/[\u201C-\u201F\u2033\u00AB\u00BB\u300C-\u300F]/gu, '"')
    .replaceAll(/[\p{Pd}\u2212]/gu, '-')
    .normalize('NFKC')
    .replaceAll(/\p{Nd}/gu, asciiDigit)
    .trim()
    .replaceAll(/\s+/gu, ' ')
    .toLowerCase()
    // Of a Turkish İ, lower case leaves the dot beside the letter.
    .replaceAll('i\u0307', 'i');
  const inner = /^(["'])\s?(.+?)\s?\1$/u.exec(withoutSigns(words))?.[2];
  return withoutSigns(inner ?? words);
}

function withoutSigns(words: string): string {
  return words.replace(END, '').replace(BEGIN, '') || words;
}

/** Letters that are other ones with a stroke, a dot or none, and that no accent can be taken off. */
const LETTERS: Readonly<Record<string, string>> = { đ: 'd', ø: 'o', ł: 'l', ı: 'i', ß: 'ss' };

/**
 * Without accents too, which many leave out on a phone. Only those of European letters: in other scripts such
 * marks are vowels, or make another letter. With the look-alikes that a phone was shown.
 */
function unaccented(text: string): string {
  return plain(foldToGsm7(text))
    .normalize('NFD')
    .replaceAll(/[\u0300-\u036F]/g, '')
    .replaceAll(/[đøłıß]/g, (letter) => LETTERS[letter] ?? letter)
    .normalize('NFC');
}

/** What words stand between, and nobody types: `✅`, or a flag. A sign of reckoning is no picture. */
const PICTURES =
  /^[\s\p{So}\p{Extended_Pictographic}]+|(?<![\s\p{So}\p{Extended_Pictographic}])[\s\p{So}\p{Extended_Pictographic}]+$/gu;

/** Without pictures around the words too; as it is where there are no words. */
function wordsOf(text: string): string {
  const read = unaccented(text);
  return withoutSigns(read.replaceAll(PICTURES, '')) || read;
}

/** How a text is read, the closest way first. */
const READINGS: readonly ((text: string) => string)[] = [plain, unaccented, wordsOf];
