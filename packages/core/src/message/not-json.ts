/** Something that JSON cannot hold. */
export interface NotJson {
  /** Where it is, as an expression behind the whole value: `.order.items[2]`; empty for the value itself. */
  path: string;
  /** What it is, `a function` say. */
  what: string;
}

/**
 * What of a value would be lost or changed as JSON, the first of it; `null` where all of it survives. A
 * property that is `undefined` is as good as none, as in JSON.
 */
export function notJsonIn(value: unknown): NotJson | null {
  return look(value, []);
}

/** @param above - What the value is in. */
function look(value: unknown, above: object[]): NotJson | null {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return null;
  if (typeof value === 'object') return lookInto(value, above);
  if (typeof value === 'number') {
    return Number.isFinite(value) ? null : { path: '', what: String(value) };
  }
  return { path: '', what: value === undefined ? 'undefined' : `a ${typeof value}` };
}

function lookInto(value: object, above: object[]): NotJson | null {
  if (above.includes(value)) return { path: '', what: 'a circular reference' };
  above.push(value);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      const found = look(value[index], above);
      if (found !== null) return { ...found, path: `[${index}]${found.path}` };
    }
  } else {
    if (!isPlain(value)) return { path: '', what: `an object of the class ${classOf(value)}` };
    // A list of keys or entries would cost more than all the rest.
    for (const key in value) {
      // One of its keys.
      const item: unknown = value[key as keyof typeof value];
      const found = item === undefined ? null : look(item, above);
      if (found !== null) return { ...found, path: keyIn(key) + found.path };
    }
  }
  above.pop();
  return null;
}

/** An object is plain if it is an `Object` of whatever realm, or has no prototype. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return true;
  return Object.getPrototypeOf(prototype) === null;
}

function classOf(value: object): string {
  const { constructor } = value;
  return typeof constructor === 'function' ? constructor.name : 'unknown';
}

/** A key that is no name may be what a user said, which has no place in an error. */
function keyIn(key: string): string {
  return /^[A-Za-z_$][\w$]{0,39}$/.test(key) ? `.${key}` : '[…]';
}
