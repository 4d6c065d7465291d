import { createRequire } from 'node:module';
import type { SegmentedMessage } from 'sms-segments-calculator';

/** How a text goes over the air. */
export interface Segments {
  /** Segments: each of them is billed. */
  count: number;
  /** Its characters: one that is not in GSM-7 makes the whole text UCS-2. */
  encoding: 'GSM-7' | 'UCS-2';
}

/** Short texts that are their own proof: ASCII but for the backtick, without what counts twice. */
const PLAINLY_ONE_SEGMENT = /^[\n\r !-Z_a-z]{0,160}$/;

/** All but ASCII without the backtick: what may have to be replaced. */
const PERHAPS_NOT_GSM = /[^\n\r -_a-~]/gu;

/**
 * A text with the look-alikes of characters of GSM-7 in the place of others, curly quotes say, if that
 * makes all of it GSM-7: one character that is not makes a message up to three times as dear.
 *
 * The calculator sees each character once and alone: a long text would keep it for seconds.
 */
export function foldToGsm7(text: string): string {
  const composed = text
    .normalize('NFC')
    .replaceAll(/\p{Zs}/gu, ' ')
    // Not eleven halves.
    .replaceAll(/(\d)([¼½¾])/g, '$1 $2');
  // A mark that belongs to a letter would become a character beside it.
  if (/\p{M}/u.test(composed)) return text;
  const folds = new Map<string, string>();
  for (const character of new Set(composed.match(PERHAPS_NOT_GSM))) {
    const { encodingName, graphemes } = measure(character, true);
    if (encodingName !== 'GSM-7') return text;
    folds.set(character, graphemes.join(''));
  }
  return composed.replaceAll(PERHAPS_NOT_GSM, (character) => folds.get(character) ?? character);
}

/** What a text comes to. */
export function segmentsOf(text: string): Segments {
  if (PLAINLY_ONE_SEGMENT.test(text)) return { count: 1, encoding: 'GSM-7' };
  const { segmentsCount, encodingName } = measure(text, false);
  return { count: segmentsCount, encoding: encodingName };
}

type Calculator = { SegmentedMessage: typeof SegmentedMessage };
let calculator: Calculator | null = null;

/** Twilio's own calculator: it takes a millisecond a text, and is loaded when one needs it. */
function measure(text: string, isSmart: boolean): SegmentedMessage {
  // What the package exports: it is CommonJS.
  calculator ??= createRequire(import.meta.url)('sms-segments-calculator') as Calculator;
  return new calculator.SegmentedMessage(text, 'auto', isSmart);
}
