/**
 * Any text as a column keeps it. SQLite ends a text at its first NUL, and UTF-8 has no lone
 * surrogates: a text with either is kept as its UTF-16.
 */
export function toColumn(text: string): string | Buffer {
  return /[\0\p{Surrogate}]/u.test(text) ? Buffer.from(text, 'utf16le') : text;
}

/** The text that {@link toColumn} made a column of. */
export function fromColumn(column: string | ArrayBuffer): string {
  return typeof column === 'string' ? column : Buffer.from(column).toString('utf16le');
}
