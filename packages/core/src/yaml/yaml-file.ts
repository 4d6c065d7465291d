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
 * @throws ConfigurationError - it cannot be read or is malformed; with the line.
 */
export async function readYaml(file: string): Promise<YamlFile> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new ConfigurationError(`${file} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
  return await parseYaml(file, text);
}

/** The same for a text that is at hand. */
export async function parseYaml(file: string, text: string): Promise<YamlFile> {
  // Whoever reads no file need not load the parser.
  const { LineCounter, isMap, isScalar, isSeq, isAlias, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false });
  const place = (offset: number): string => `${file}:${lines.linePos(offset).line}`;

  // What the parser merely warns of is a tag that it does not know.
  const [problem] = [...doc.errors, ...doc.warnings];
  if (problem !== undefined) {
    throw new ConfigurationError(`${place(problem.pos[0])}: ${problem.message}`, {
      cause: problem,
    });
  }

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
