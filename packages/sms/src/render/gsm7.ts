import { createRequire } from 'node:module';
import type { SegmentedMessage } from 'sms-segments-calculator';

/** Texts that are GSM-7 as they are: ASCII but for the backtick. */
const PLAIN = /^[\n\r -_a-~]*$/;

/** All but ASCII without the backtick: what may have to be replaced. */
const PERHAPS_NOT_GSM = /[^\n\r -_a-~]/gu;

/** What was looked up before: a few hundred characters can be in GSM-7 or become it. */
const FOLDS = new Map<string, string>();

/** An address as phones make a link of it, and what ends the sentence behind it. */
const ADDRESS = /(?:https?:\/\/|www\.|\w\.[a-z]{2,}\/)\S*/gi;
const END = /(?<![\p{P}\p{S}])[\p{P}\p{S}]+$/u;

/**
 * A text with the look-alikes of characters of GSM-7 in the place of others, curly quotes say, if that
 * makes all of it GSM-7: one character that is not makes a message up to three times as dear. An address
 * stays as it is, and the text with it: another one would lead elsewhere.
 */
export function foldToGsm7(text: string): string {
  if (PLAIN.test(text)) return text;
  const folded = fold(text);
  if (folded === text) return text;
  const addresses = (text.match(ADDRESS) ?? []).map((address) => address.replace(END, ''));
  return addresses.every((address) => fold(address) === address) ? folded : text;
}

/** The calculator sees each character once and alone: a long text would keep it for seconds. */
function fold(text: string): string {
  if (PLAIN.test(text)) return text;
  const composed = text
    .normalize('NFC')
    .replaceAll(/\p{Zs}/gu, ' ')
    // Not eleven halves.
    .replaceAll(/(\d)([¼½¾])/g, '$1 $2');
  // A mark that belongs to a letter would become a character beside it.
  if (/\p{M}/u.test(composed)) return text;
  for (const character of new Set(composed.match(PERHAPS_NOT_GSM))) {
    if (FOLDS.has(character)) continue;
    const { encodingName, graphemes } = measure(character);
    if (encodingName !== 'GSM-7') return text;
    FOLDS.set(character, graphemes.join(''));
  }
  return composed.replaceAll(PERHAPS_NOT_GSM, (character) => FOLDS.get(character) ?? character);
}

type Calculator = { SegmentedMessage: typeof SegmentedMessage };
let calculator: Calculator | null = null;

/** Twilio's own calculator, with the look-alikes that Twilio knows: loaded when a text needs it. */
function measure(character: string): SegmentedMessage {
  // What the package exports: it is CommonJS.
  calculator ??= createRequire(import.meta.url)('sms-segments-calculator') as Calculator;
  return new calculator.SegmentedMessage(character, 'auto', true);
}
