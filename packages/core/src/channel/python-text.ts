/*
 * JSON values as Python writes them. Rasa's default renderings carry such texts, and clients and
 * tests compare them letter by letter.
 *
 * JavaScript knows one kind of number: what Python read as `1.0` is written `1`.
 */
import { isJsonObject, type JsonValue } from '../message/json.ts';

const byCodePoint = (a: string, b: string): number => {
  const left = Array.from(a, (char) => char.codePointAt(0) as number);
  const right = Array.from(b, (char) => char.codePointAt(0) as number);
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i] as number) - (right[i] as number);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
};

/** Keys whose value is `undefined` do not exist in JSON. */
function entries(object: object, sortKeys = false): [string, JsonValue][] {
  const present = Object.entries(object).filter(([, value]) => value !== undefined);
  return sortKeys ? present.toSorted(([a], [b]) => byCodePoint(a, b)) : present;
}

/** Python changes to exponents below 1e-4, JavaScript below 1e-6; Python's have two digits or more. */
function pythonNumber(value: number): string {
  const small = value !== 0 && Math.abs(value) < 1e-4;
  return (small ? value.toExponential() : String(value)).replace(/e([+-])(\d)$/, 'e$10$2');
}

/** Python's `json.dumps(value)`: `", "` and `": "` between, everything beyond ASCII escaped. */
export function pythonJson(value: JsonValue, options: { sortKeys?: boolean } = {}): string {
  if (typeof value === 'string') return asciiJson(value);
  if (typeof value === 'number') return pythonNumber(value);
  if (Array.isArray(value)) {
    return `[${value.map((item) => pythonJson(item, options)).join(', ')}]`;
  }
  if (isJsonObject(value)) {
    const pairs = entries(value, options.sortKeys).map(
      ([key, item]) => `${asciiJson(key)}: ${pythonJson(item, options)}`,
    );
    return `{${pairs.join(', ')}}`;
  }
  return String(value);
}

function asciiJson(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Python's `str(value)`: a text as it is, anything else as Python would type it. */
export function pythonStr(value: JsonValue): string {
  return typeof value === 'string' ? value : pythonRepr(value);
}

function pythonRepr(value: JsonValue): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'number') return pythonNumber(value);
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(pythonRepr).join(', ')}]`;
  return `{${entries(value)
    .map(([key, item]) => `${quoted(key)}: ${pythonRepr(item)}`)
    .join(', ')}}`;
}

const NAMED_ESCAPES: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Python quotes with `'`, unless the text has one of those and no `"`. */
function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = Array.from(text, (char) => {
    if (char === '\\' || char === quote) return `\\${char}`;
    return NAMED_ESCAPES[char] ?? (isPrintable(char) ? char : hexEscape(char));
  });
  return quote + escaped.join('') + quote;
}

/** Python's `str.isprintable`: no control, format, surrogate, private or separator but the space. */
function isPrintable(char: string): boolean {
  return char === ' ' || !/^[\p{C}\p{Z}]$/u.test(char);
}

function hexEscape(char: string): string {
  const code = char.codePointAt(0) as number;
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`;
}
