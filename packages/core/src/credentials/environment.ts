import { ConfigurationError } from '../errors.ts';
import { isJsonObject, type JsonValue } from '../message/json.ts';

/** A value of a file, and where it stands. */
export interface PlacedValue {
  value: JsonValue;
  /** Where something in it stands. */
  at: (path: readonly (string | number)[]) => string;
}

/**
 * A copy with each `${NAME}` of its texts replaced by the variable of the environment. It stays a text,
 * whatever is in it.
 *
 * @throws ConfigurationError - a variable is not set; it names the variable and the line.
 */
export function expandVariables(
  { value, at }: PlacedValue,
  env: Readonly<Record<string, string | undefined>>,
): JsonValue {
  const expand = (part: JsonValue, path: readonly (string | number)[]): JsonValue => {
    if (Array.isArray(part)) return part.map((item, i) => expand(item, [...path, i]));
    if (isJsonObject(part)) {
      return Object.fromEntries(
        Object.entries(part).map(([key, item]) => [key, expand(item, [...path, key])]),
      );
    }
    if (typeof part !== 'string') return part;
    return part.replaceAll(/\$\{([^}]*)\}/g, (match, name: string) => {
      const fail = (message: string): never => {
        throw new ConfigurationError(`${at(path)}: ${message}`);
      };
      if (!/^[A-Za-z_]\w*$/.test(name)) {
        return fail(`${match} names no variable of the environment: \${NAME} alone is replaced`);
      }
      const variable = Object.hasOwn(env, name) ? env[name] : undefined;
      return variable ?? fail(`the environment has no variable ${name}: set it, in .env say`);
    });
  };
  return expand(value, []);
}
