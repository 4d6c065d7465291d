import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '@trunkline/core';
import { parseYaml, readYaml } from '../../src/yaml/yaml-file.ts';

describe('a YAML file', () => {
  it('knows where each value stands', async () => {
    const yaml = await parseYaml(
      'a.yml',
      '# a comment\none:\n  - x: 1\n    y: &y { z: 2 }\n  - *y\ntwo:\n  <<: *y\n  "3": v\n',
    );
    expect(yaml.value).toEqual({
      one: [{ x: 1, y: { z: 2 } }, { z: 2 }],
      two: { z: 2, '3': 'v' },
    });
    const at = (...path: (string | number)[]): string => yaml.at(path);
    expect(at()).toBe('a.yml:2');
    expect(at('one')).toBe('a.yml:2');
    expect(at('one', 0)).toBe('a.yml:3');
    expect(at('one', 0, 'y')).toBe('a.yml:4');
    expect(at('one', 1)).toBe('a.yml:5');
    expect(at('one', 1, 'z')).toBe('a.yml:4');
    expect(at('two')).toBe('a.yml:6');
    expect(at('two', 3)).toBe('a.yml:8');
    // As far as the way is known.
    expect(at('two', 'z', 'further')).toBe('a.yml:6');
    expect(at('one', 7)).toBe('a.yml:2');
  });

  // It was read, with the sign for unknown letters in what users are told.
  it.each([
    [Buffer.from('a: 1\n\nb: caf\xe9\n', 'latin1'), ':3: it is not UTF-8 from here on'],
    [Buffer.from('\ufeffa: 1\n', 'utf16le'), ':1: it is not UTF-8 from here on'],
    [Buffer.concat([Buffer.from('a: é\n# ü\n'), Buffer.of(0x22, 0xc3)]), ':3: it is not UTF-8'],
  ])('has to be UTF-8: %o', async (bytes, message) => {
    const folder = await mkdtemp(join(tmpdir(), 'trunkline-'));
    const file = join(folder, 'a.yml');
    await writeFile(file, bytes);
    const reading = readYaml(file);
    await expect(reading).rejects.toThrow(ConfigurationError);
    await expect(reading).rejects.toThrow(`a.yml${message}`);
    await rm(folder, { recursive: true });
  });

  it('may begin with a byte order mark', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'trunkline-'));
    const file = join(folder, 'a.yml');
    await writeFile(file, '\ufeffa: é\n');
    expect((await readYaml(file)).value).toEqual({ a: 'é' });
    await rm(folder, { recursive: true });
  });

  it('gives each alias a copy of its own', async () => {
    const { value } = await parseYaml('a.yml', 'a: &a [1]\nb: *a\n');
    const { a, b } = value as { a: number[]; b: number[] };
    a.push(2);
    expect(b).toEqual([1]);
  });

  it.each([
    ['', null],
    ['# nothing\n', null],
    ['yes: no', { yes: 'no' }],
    ['[9007199254740991, 1e300, 0.1, 0xFF]', [9007199254740991, 1e300, 0.1, 255]],
    ['a: "12345678901234567890"', { a: '12345678901234567890' }],
    [
      'a: !!str 12345678901234567890\nb: !!map { c: !!int 1 }',
      { a: '12345678901234567890', b: { c: 1 } },
    ],
    ['\uFEFFa: 1', { a: 1 }],
    ['a: 1\r\nb: 2\r\n', { a: 1, b: 2 }],
  ])('reads %j', async (text, value) => {
    expect((await parseYaml('a.yml', text)).value).toEqual(value);
  });

  it('keeps a key that would change the prototype of what it is in', async () => {
    const { value } = await parseYaml('a.yml', '__proto__:\n  isAdmin: true\n');
    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect((value as { isAdmin?: boolean }).isAdmin).toBeUndefined();
  });

  it.each([
    ['a: 1\nb: [1', 'a.yml:2: '],
    ['a: 1\na: 2', 'a.yml:2: the key "a" is there twice, first on line 1'],
    // It named line 1, and no key.
    ['rest:\nrest:\n', 'a.yml:2: the key "rest" is there twice, first on line 1'],
    ['a:\n  x:\n\n  y:\n  "x":', 'a.yml:5: the key "x" is there twice, first on line 2'],
    ['- {a: 1}\n- {<<: {b: 1}, <<: {c: 1},\n    a: 1, a: 2}', 'a.yml:3: the key "a" is'],
    ['a:\n\t- 1', 'a.yml:2: '],
    ['a: 1\nb: !!python/object:os.system x', 'a.yml:2: '],
    ['a: 1\nb: !env X', 'a.yml:2: Unresolved tag: !env'],
    ['a: 1\n---\nb: 2', 'a.yml:2: a second document begins here: give it a file of its own'],
    ['a: 1\nb: 12345678901234567890', 'a.yml:2: 12345678901234567890 cannot be kept exactly'],
    ['a: [1,\n -9007199254740993]', 'a.yml:2: -9007199254740993 cannot be kept exactly'],
    ['a: 0xFFFFFFFFFFFFFFFF', 'a.yml:1: 0xFFFFFFFFFFFFFFFF cannot be kept exactly'],
    ['12345678901234567890: x', 'a.yml:1: 12345678901234567890 cannot be kept exactly'],
    ['a: -.inf', 'a.yml:1: -.inf cannot be kept exactly: write it in quotes'],
    ['a: 1\nb: .nan', 'a.yml:2: .nan cannot be kept exactly'],
    ['a: !!set { x }', 'a.yml:1: !!set cannot be kept exactly: leave the tag out'],
    ['a: !!omap [x: 1]', 'a.yml:1: !!omap cannot be kept exactly'],
    ['a: 1\nb: !!binary aGk=', 'a.yml:2: !!binary cannot be kept exactly'],
    ['a: *b', 'a.yml: its aliases cannot be followed: Unresolved alias'],
    ['a: &a [*a]', 'a.yml: its aliases cannot be followed: Converting circular'],
  ])('says where %j is wrong', async (text, lead) => {
    const read = parseYaml('a.yml', text);
    await expect(read).rejects.toThrow(ConfigurationError);
    await expect(read).rejects.toThrow(lead);
  });

  it('refuses a file that would become a thousand times as large', async () => {
    const level = (n: number): string => `l${n}: &l${n} [${`*l${n - 1}, `.repeat(9)}*l${n - 1}]`;
    const text = `l0: &l0 x\n${[1, 2, 3, 4, 5].map(level).join('\n')}\n`;
    await expect(parseYaml('a.yml', text)).rejects.toThrow(ConfigurationError);
  });

  it('says what keeps a file from being read', async () => {
    await expect(readYaml('/nowhere/a.yml')).rejects.toThrow(
      '/nowhere/a.yml cannot be read: there is no such file',
    );
    const folder = await mkdtemp(join(tmpdir(), 'trunkline-yaml-'));
    try {
      await expect(readYaml(folder)).rejects.toThrow('EISDIR');
      await writeFile(join(folder, 'a.yml'), 'a: 1');
      expect((await readYaml(join(folder, 'a.yml'))).value).toEqual({ a: 1 });
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
