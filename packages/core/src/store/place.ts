/** One text for a namespace and a key: no two pairs share one. */
export function placeOf(namespace: string, key: string): string {
  return `${namespace.length}:${namespace}${key}`;
}
