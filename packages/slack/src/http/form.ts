/**
 * Arguments of Slack's as a form: objects as JSON, and nothing of what is absent. Half a surrogate pair
 * becomes a replacement character: a text that is cut badly is no reason to say nothing.
 */
export function formOf(args: Record<string, unknown>): string {
  const form = new URLSearchParams();
  for (const name of Object.keys(args)) {
    const value = args[name];
    if (value === undefined || value === null) continue;
    form.append(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return form.toString();
}
