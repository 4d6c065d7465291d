/** A parameter of a form: its name and its value, decoded. */
export type Parameter = readonly [name: string, value: string];

/** The parameters of a form as `URLSearchParams` reads them, which takes half as long again. */
export function formOf(text: string): Parameter[] {
  const form: Parameter[] = [];
  for (const part of text.split('&')) {
    if (part === '') continue;
    const end = part.indexOf('=');
    if (end === -1) form.push([decoded(part), '']);
    else form.push([decoded(part.slice(0, end)), decoded(part.slice(end + 1))]);
  }
  return form;
}

function decoded(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text;
  if (!spaced.includes('%')) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch {
    // No UTF-8, or a `%` that stands for itself.
    return new URLSearchParams(`x=${text}`).get('x') ?? '';
  }
}
