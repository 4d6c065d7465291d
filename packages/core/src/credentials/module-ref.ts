/** What a module exports, by its name. */
export interface ModuleRef {
  /** `./addons/my-channel.ts`, or a package. */
  module: string;
  /** The export; `null` where none is named. */
  name: string | null;
}

/** Reads `./addons/my-channel.ts#MyIO` and `my-package#MyIO`. */
export function parseModuleRef(text: string): ModuleRef {
  const hash = text.lastIndexOf('#');
  if (hash < 0) return { module: text, name: null };
  return { module: text.slice(0, hash), name: text.slice(hash + 1) || null };
}

/** Whether a module is named by its path and not as a package. */
export function isModulePath(module: string): boolean {
  return /^(\.{0,2}[/\\]|[A-Za-z]:[/\\])/.test(module);
}
