import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { ConfigurationError, toError } from '../errors.ts';
import type { JsonValue } from '../message/json.ts';

/** The way to a value: the keys and places of what it is in. */
export type ValuePath = readonly (string | number)[];

/** What a YAML file says, and where. */
export interface YamlFile {
  /** The file, as it was named. */
  file: string;
  /** What it says; `null` if it is empty. Nothing in it is shared. */
  value: JsonValue;
  /** Where a value stands, or what is known of the way there: `domain.yml:12`. */
  at(path: ValuePath): string;
}

/**
 * Reads a YAML 1.2 file: plain data, with anchors and merge keys. A tag of the file's own is an error
 * and is never acted upon.
 *
 * @throws ConfigurationError - it cannot be read, is not UTF-8 or is malformed; with the line.
 */
export async function readYaml(file: string): Promise<YamlFile> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    throw new ConfigurationError(`${file} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
  return await parseYaml(file, decode(file, bytes));
}

/** A text of another encoding would be read too, and said with signs for letters that are unknown. */
function decode(file: string, bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  // As far as they are UTF-8, bytes are what the text that is made of them is again.
  const again = Buffer.from(bytes.toString('utf8'));
  const wrong = bytes.findIndex((byte, i) => byte !== again[i]);
  const line = bytes.subarray(0, wrong).toString('latin1').split('\n').length;
  throw new ConfigurationError(`${file}:${line}: it is not UTF-8 from here on: save it as UTF-8`);
}

/** The same for a text that is at hand. */
export async function parseYaml(file: string, text: string): Promise<YamlFile> {
  // Whoever reads no file need not load the parser.
  const { LineCounter, isMap, isScalar, isSeq, isAlias, parseDocument, visit } =
    await import('yaml');
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  const lineAt = (offset: number): number => lines.linePos(offset).line;
  const place = (offset: number): string => `${file}:${lineAt(offset)}`;
  // The parser tells only where the value before it ends.
  const failOfKey = (cause: Error): void => {
    visit(doc, {
      Map(_key, { items }) {
        const known = new Map<unknown, number>();
        for (const { key } of items) {
          if (!isScalar(key) || key.source === '<<') continue;
          const { value, range } = key;
          const offset = range?.[0] ?? 0;
          const first = known.get(value);
          if (first !== undefined) {
            throw new ConfigurationError(
              `${place(offset)}: the key "${String(value)}" is there twice, first on line ${lineAt(first)}`,
              { cause },
            );
          }
          known.set(value, offset);
        }
      },
    });
  };

  // What the parser merely warns of is a tag that it does not know.
  const [problem] = [...doc.errors, ...doc.warnings];
  if (problem !== undefined) {
    if (problem.code === 'DUPLICATE_KEY') failOfKey(problem);
    const what =
      problem.code === 'MULTIPLE_DOCS'
        ? 'a second document begins here: give it a file of its own'
        : problem.message;
    throw new ConfigurationError(`${place(problem.pos[0])}: ${what}`, { cause: problem });
  }
  visit(doc, {
    Value(_key, node) {
      const { tag = '', range } = node;
      const offset = range?.[0] ?? 0;
      if (!KEPT_TAGS.test(tag)) {
        const short = tag.replace(/^tag:yaml\.org,2002:/, '!!');
        throw inexact(place(offset), short, 'leave the tag out');
      }
      if (isScalar(node) && !isExact(node)) {
        throw inexact(place(offset), node.source ?? '', 'write it in quotes');
      }
    },
  });

  const at = (path: ValuePath): string => {
    let node: unknown = doc.contents;
    let offset = doc.contents?.range?.[0] ?? 0;
    for (const segment of path) {
      if (isAlias(node)) node = node.resolve(doc);
      if (isMap(node)) {
        const pair = node.items.find(
          ({ key }) => isScalar(key) && String(key.value) === String(segment),
        );
        if (pair === undefined) break;
        offset = isScalar(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
        node = pair.value;
      } else if (isSeq(node)) {
        node = node.items[Number(segment)];
        offset = (node as { range?: [number, number, number] } | undefined)?.range?.[0] ?? offset;
      } else break;
    }
    return place(offset);
  };
  return { file, value: plain(file, () => doc.toJS()), at };
}

/** No tag, and those of what JSON has as well: sets and bytes it has not. */
const KEPT_TAGS = /^(tag:yaml\.org,2002:(map|seq|str|int|float|bool|null|merge))?$/;

/** Whether a value is what was written: numbers have 53 bits, and must be finite. */
function isExact({ value, source = '' }: { value: unknown; source?: string }): boolean {
  if (typeof value !== 'number') return true;
  // A number with a point or an exponent was never meant to the last digit.
  const isInteger = /^[-+]?(\d+|0[xo].*)$/.test(source);
  return Number.isFinite(value) && (!isInteger || Number.isSafeInteger(value));
}

function inexact(place: string, what: string, remedy: string): ConfigurationError {
  return new ConfigurationError(`${place}: ${what} cannot be kept exactly: ${remedy}`);
}

/** As JSON, with a copy of its own of whatever an alias stands for. */
function plain(file: string, read: () => unknown): JsonValue {
  try {
    return JSON.parse(JSON.stringify(read() ?? null)) as JsonValue;
  } catch (error) {
    // Aliases to nothing, to what they are in, or to a thousand others.
    const [reason] = toError(error).message.split('\n');
    throw new ConfigurationError(`${file}: its aliases cannot be followed: ${reason}`, {
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = toError(error) as NodeJS.ErrnoException;
  return { ENOENT: 'there is no such file', EACCES: 'you may not read it' }[code ?? ''] ?? message;
}
