/**
 * A text as one of its own. What V8 cuts out of a long text is a view of it: kept for days as a key, an
 * id from a form would keep the whole form, and with it what the user said.
 */
export function ownText(text: string): string {
  // Shorter ones are always copied. Not by way of UTF-8, which has no lone surrogates.
  return text.length < 13 ? text : (JSON.parse(JSON.stringify(text)) as string);
}

/**
 * JSON text that is kept, in one piece. `JSON.stringify` leaves a long one in the pieces that it was made
 * of, which take half as much again as the text, and are each an object of their own.
 */
export function inOnePiece(json: string): string {
  // To read a character joins the pieces. Not one that the compiler could do without.
  return json.charCodeAt(0) === 0 ? '' : json;
}
