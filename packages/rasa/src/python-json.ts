/** Texts, which stay as they are, an unfinished one too; and Python's numbers that JSON has none for. */
const PARTS = /"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$)|-?\b(?:NaN|Infinity)\b/gs;

/**
 * Reads JSON as Python writes it, with `NaN` and `Infinity` where a custom action has such numbers: they are
 * `null` here.
 *
 * @throws SyntaxError - it is no JSON.
 * @see Python: json.dumps, allow_nan
 */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const json = text.replaceAll(PARTS, (part) => (part.startsWith('"') ? part : 'null'));
    if (json === text) throw error;
    return JSON.parse(json);
  }
}
