import { describe, expect, it } from 'vitest';
import { isModulePath, parseModuleRef } from '@trunkline/core';

describe('the name of something that a module exports', () => {
  it.each([
    ['./a/b.ts#MyIO', './a/b.ts', 'MyIO'],
    ['my-package#MyIO', 'my-package', 'MyIO'],
    ['./a#b/c.ts#MyIO', './a#b/c.ts', 'MyIO'],
    ['./a.ts', './a.ts', null],
    ['./a.ts#', './a.ts', null],
  ])('is read: %s', (text, module, name) => {
    expect(parseModuleRef(text)).toEqual({ module, name });
  });

  it.each([
    ['./a.ts', true],
    ['../a.ts', true],
    ['/a.ts', true],
    ['C:\\a.ts', true],
    ['.\\a.ts', true],
    ['a', false],
    ['@a/b', false],
    ['.a', false],
  ])('is a path or a package: %s', (module, path) => expect(isModulePath(module)).toBe(path));
});
