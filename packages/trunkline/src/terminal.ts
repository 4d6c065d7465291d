import { styleText } from 'node:util';

/** What text can look like. */
export type Style = Parameters<typeof styleText>[0];

/** Where text goes: a terminal says how many colours it has, and heeds `NO_COLOR` and `TERM` in that. */
export interface Screen {
  /** Writes text. */
  write(text: string): unknown;
  /** Whether it shows colours; absent where it is no terminal. */
  hasColors?(): boolean;
}

/** The text in a style, where the stream is a terminal with colours; as it is anywhere else. */
export function paint(screen: Screen, style: Style, text: string): string {
  return screen.hasColors?.() === true ? styleText(style, text, { validateStream: false }) : text;
}

/**
 * Text that somebody else has made, without what would steer the terminal: it could rewrite what stands
 * there. Line breaks and tabs stay.
 */
export function harmless(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replaceAll(/[\0-\x08\x0b-\x1f\x7f-\x9f]/g, '');
}
