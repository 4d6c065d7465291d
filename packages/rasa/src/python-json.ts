/** Where a text begins or ends, what is escaped in one, and Python's numbers that JSON has none for. */
const MARKS = /"|\\.|-?\b(?:NaN|Infinity)\b/gs;

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
    let isInText = false;
    // Not each text as one match: a long one would take all of the stack.
    const json = text.replaceAll(MARKS, (mark) => {
      if (mark === '"') isInText = !isInText;
      return isInText || mark === '"' || mark.startsWith('\\') ? mark : 'null';
    });
    if (json === text) throw error;
    return JSON.parse(json);
  }
}
