/**
 * Whether a value is an origin as a browser sends it: scheme, host and port. With a path or a slash at
 * its end it would match nothing.
 */
export function isOrigin(value: unknown): value is string {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { origin, protocol, host } = new URL(value);
  // Apps and extensions have schemes of theirs (`capacitor://localhost`), whose origins Node does not know.
  return value === (origin === 'null' && host !== '' ? `${protocol}//${host}` : origin);
}
