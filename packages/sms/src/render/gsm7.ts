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

/** ASCII without the backtick, whatever its length: nothing in it can be replaced. */
const PLAINLY_GSM = /^[\n\r -_a-~]*$/;

/**
 * A text with the look-alikes of characters of GSM-7 in the place of others, curly quotes say, if that
 * makes all of it GSM-7: one character that is not makes a message up to three times as dear.
 */
export function foldToGsm7(text: string): string {
  if (PLAINLY_GSM.test(text)) return text;
  const composed = text.normalize('NFC');
  if (measure(composed, false).encodingName === 'GSM-7') return composed;
  const folded = measure(composed, true);
  return folded.encodingName === 'GSM-7' ? folded.graphemes.join('') : text;
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
