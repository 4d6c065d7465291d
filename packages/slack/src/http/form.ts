/** Arguments of Slack's as a form: objects as JSON, and nothing of what is absent. */
export function formOf(args: Record<string, unknown>): string {
  let form = '';
  for (const name of Object.keys(args)) {
    const value = args[name];
    if (value === undefined || value === null) continue;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    if (form !== '') form += '&';
    form += `${encoded(name)}=${encoded(text)}`;
  }
  return form;
}

function encoded(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch {
    // Half a character, which a text that was cut badly ends with, is no reason to say nothing.
    return encodeURIComponent(Buffer.from(text).toString());
  }
}
