import { isJsonObject, type JsonObject } from '@trunkline/core';
import { garbageError } from './errors.ts';
import { parsePythonJson } from './python-json.ts';

/** Bytes of one line. A line is held until it is whole. */
const MAX_LINE_BYTES = 4 * 1024 * 1024;

const NEWLINE = 0x0a;
const SPACE = 0x20;

/**
 * Reads a body of JSON objects, one a line, as they arrive. Rasa calls it `text/event-stream`, which
 * it is not. An array of objects, the answer of a Rasa that does not stream, is read as well.
 *
 * @throws RasaError - a line is none of these, or the body ends within one.
 */
export async function* readLines(
  chunks: AsyncIterable<Uint8Array>,
  onSpeech: () => void = () => {},
): AsyncGenerator<JsonObject> {
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  let hasSpoken = false;
  for await (const chunk of chunks) {
    if (!hasSpoken && chunk.some((byte) => byte > SPACE)) {
      hasSpoken = true;
      onSpeech();
    }
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      const line = Buffer.concat([...held, chunk.subarray(from, at)]);
      [held, heldBytes, from] = [[], 0, at + 1];
      yield* parseLine(line, false);
    }
    if (from === chunk.length) continue;
    held.push(chunk.subarray(from));
    heldBytes += chunk.length - from;
    if (heldBytes > MAX_LINE_BYTES) {
      throw garbageError(`a line of more than ${MAX_LINE_BYTES} bytes`);
    }
  }
  // Rasa ends every line. What is left may be the array of a Rasa that does not stream.
  if (heldBytes > 0) yield* parseLine(Buffer.concat(held), true);
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true });

function parseLine(line: Buffer, isCut: boolean): JsonObject[] {
  let value: unknown;
  try {
    const text = strictUtf8.decode(line);
    if (text.trim() === '') return [];
    value = parsePythonJson(text);
  } catch (cause) {
    // Not the cause's message: it quotes what was read, and that is said to a user.
    const what = isCut ? 'half a line' : 'a line that is no JSON';
    throw garbageError(what, cause instanceof Error ? cause.name : undefined);
  }
  const values = Array.isArray(value) ? value : [value];
  if (values.every(isJsonObject)) return values;
  throw garbageError('JSON that is no response');
}
