import { ConfigurationError } from '@trunkline/core';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { Project, type ProjectOptions } from '../src/project.ts';
import { PATIENCE_MS } from './support/command.ts';
import { folderOf } from './support/folder.ts';

const before = process.cwd();
afterEach(() => process.chdir(before));

async function projectOf(files: Record<string, string>, options: ProjectOptions = {}) {
  const folder = await folderOf(files);
  process.chdir(folder);
  return new Project(options);
}

/** What an assistant of these tests answers with. */
async function answerOf(project: Project): Promise<unknown> {
  const { assistant } = await project.load();
  return (assistant as () => unknown)();
}

const assistant = (text: string): string => `export default (): string => '${text}' as string;\n`;

describe('a project', { timeout: PATIENCE_MS }, () => {
  it.each(['assistant.ts', 'assistant.mts', 'assistant.js', 'assistant.mjs'])(
    'finds its assistant: %s',
    async (name) => {
      const text = name.endsWith('ts') ? assistant('hi') : "export default () => 'hi';\n";
      const project = await projectOf({ [name]: text, 'package.json': '{"type":"module"}' });
      expect(project.assistant.module).toBe(`./${name}`);
      expect(await answerOf(project)).toBe('hi');
    },
  );

  it.each([
    ['./bots/a.ts', "export default () => 'a';"],
    ['bots/a.ts', "export const assistant = () => 'a';"],
    ['bots/a.ts#sales', "export const sales = () => 'a'; export default () => 'b';"],
    ['bots/a.cjs', "module.exports = () => 'a';"],
    ['bots/a.cjs#b', "exports.b = () => 'a';"],
  ])('takes the one that is named: %s', async (named, text) => {
    const file = named.replace('./', '').split('#')[0] ?? '';
    const project = await projectOf({ [file]: text }, { assistant: named });
    expect(await answerOf(project)).toBe('a');
  });

  it('takes an object, and one of a package', async () => {
    const project = await projectOf(
      {
        'node_modules/bot/package.json': '{"name":"bot","exports":"./main.cjs"}',
        'node_modules/bot/main.cjs': 'exports.assistant = { handle() {} };',
      },
      { assistant: 'bot' },
    );
    expect((await project.load()).assistant).toEqual({ handle: expect.any(Function) });
  });

  it('says what to write where there is none', async () => {
    await expect(projectOf({})).rejects.toThrow(ConfigurationError);
    await expect(projectOf({})).rejects.toThrow('there is no assistant.ts here: write one');
    await expect(projectOf({}, { assistant: './b.ts' })).rejects.toThrow(
      'there is no module ./b.ts',
    );
    await expect(projectOf({}, { assistant: 'bot' })).rejects.toThrow('there is no module bot');
  });

  it.each([
    ['export const a = 1;', '', 'exports no assistant: default or assistant must be a function'],
    ['export default 5;', '', 'exports no assistant'],
    ['export default () => 1;', '#sales', 'exports no assistant: sales must be a function'],
    [
      'export default class Bot { handle() {} }',
      '',
      'exports a class: export an object of it, `new Bot()`',
    ],
    ['export default () => ;', '', 'assistant.ts cannot be loaded'],
    ["throw new Error('boom');", '', 'assistant.ts cannot be loaded'],
    ["import './gone.ts';", '', 'assistant.ts cannot be loaded'],
  ])('says what is wrong with it: %j', async (text, name, message) => {
    const options = name === '' ? {} : { assistant: `./assistant.ts${name}` };
    const project = await projectOf({ 'assistant.ts': text }, options);
    await expect(project.load()).rejects.toThrow(ConfigurationError);
    await expect(project.load()).rejects.toThrow(message);
  });

  it.each([
    ['assistant.ts', "export default () => 1; export const options = { apology: 'Sorry' };"],
    ['bot.cjs', "module.exports = { assistant: () => 1, options: { apology: 'Sorry' } };"],
    ['bot.cjs#sales', "exports.sales = () => 1; exports.options = { apology: 'Sorry' };"],
  ])('has the options of the line that its assistant comes with: %s', async (named, text) => {
    const [file = ''] = named.split('#');
    const { options } = await (await projectOf({ [file]: text }, { assistant: named })).load();
    expect(options).toEqual({ apology: 'Sorry' });
  });

  it.each([
    ['export default () => 1;'],
    // Its own, and none of the line's.
    ['export default { handle: () => 1, options: { model: 1 } };'],
    ['module.exports = { handle: () => 1, options: { model: 1 } };', 'assistant.cjs'],
  ])('has none of the line where there are none: %s', async (text, file = 'assistant.ts') => {
    const project = await projectOf({ [file]: text }, { assistant: file });
    expect((await project.load()).options).toBeNull();
  });

  it.each([
    ['5', 'options must be an object'],
    ['null', 'options must be an object'],
    ["{ apolgy: 'Sorry' }", 'unknown option "options.apolgy", did you mean "apology"?'],
    ['{ channels: [] }', 'options cannot hold channels: credentials.yml names them'],
    ['{ assistant: () => 1 }', 'options cannot hold assistant: it is an export of its own'],
    ['{ store: null }', 'options cannot hold store: --store or STORE names it'],
    ['{ responses: 1 }', 'options cannot hold responses: --responses names them'],
    ['{ logger: 1 }', 'options cannot hold logger'],
    ['{ clock: 1 }', 'options cannot hold clock'],
  ])('says what is wrong with the options of the line: %s', async (options, message) => {
    const text = `export default () => 1; export const options = ${options};`;
    const project = await projectOf({ 'assistant.ts': text });
    await expect(project.load()).rejects.toThrow(ConfigurationError);
    await expect(project.load()).rejects.toThrow(`./assistant.ts: ${message}`);
  });

  it('has one core with the command line, or says what to do', async () => {
    const folder = await folderOf({ 'assistant.ts': assistant('x') });
    process.chdir(folder);
    await rm(join(folder, 'node_modules/@trunkline/core'));
    const other = join(folder, 'node_modules/@trunkline/core');
    await mkdir(other);
    await writeFile(
      join(other, 'package.json'),
      '{"name":"@trunkline/core","exports":"./main.js"}',
    );
    await writeFile(join(other, 'main.js'), '');
    expect(() => new Project({})).toThrow('has a @trunkline/core of its own');
    expect(() => new Project({})).toThrow('npm install trunkline there');
  });

  it('shows what its assistant threw', async () => {
    const project = await projectOf({ 'assistant.ts': "\nthrow new Error('boom');" });
    const error = await project.load().catch((thrown: unknown) => thrown as Error);
    expect(error).toMatchObject({ code: 'user_code', cause: { message: 'boom' } });
    expect(((error as Error).cause as Error).stack).toMatch(/assistant\.ts:2:/);
  });

  it('is loaded anew as often as it is asked, with what it imports', async () => {
    const project = await projectOf({
      'assistant.ts': "import { text } from './lib/text.ts';\nexport default (): string => text;\n",
      'lib/text.ts': "export const text: string = 'one';\n",
    });
    expect(await answerOf(project)).toBe('one');
    await writeFile(join(process.cwd(), 'lib/text.ts'), "export const text: string = 'two';\n");
    expect(await answerOf(project)).toBe('two');
    await writeFile(join(process.cwd(), 'lib/text.ts'), 'export const text: string = ;\n');
    await expect(project.load()).rejects.toThrow('cannot be loaded');
    await writeFile(join(process.cwd(), 'lib/text.ts'), "export const text: string = 'three';\n");
    expect(await answerOf(project)).toBe('three');
  });

  it('has the responses of domain.yml, of a folder, of what is named, or none', async () => {
    const domain = 'responses:\n  a: [{ text: A }]\n';
    const files = { 'assistant.ts': assistant('x'), 'domain.yml': domain };
    expect((await (await projectOf(files)).load()).responses?.names).toEqual(['a']);
    await rm(join(process.cwd(), 'domain.yml'));
    expect((await new Project({}).load()).responses).toBeNull();
    const folder = { 'assistant.ts': assistant('x'), 'domain/b.yml': domain.replace('a:', 'b:') };
    expect((await (await projectOf(folder)).load()).responses?.names).toEqual(['b']);
    const named = await projectOf({ ...files, 'c.yml': domain }, { responses: 'c.yml' });
    expect(named.responses).toBe('c.yml');
    await expect((await projectOf(files, { responses: 'd.yml' })).load()).rejects.toThrow(
      'd.yml cannot be read: there is no such file',
    );
  });

  it('knows what is part of it', async () => {
    const project = await projectOf(
      { 'bot/a.ts': assistant('x'), 'domain/a.yml': '' },
      { assistant: 'bot/a.ts' },
    );
    const at = (path: string): string => join(process.cwd(), path);
    expect(project.watched()).toEqual([process.cwd(), at('domain')]);
    const parts = ['bot/a.ts', 'bot/lib/b.js', 'bot/c.json', 'domain/a.yml', 'domain/x/b.yaml'];
    expect(parts.filter((path) => !project.includes(at(path)))).toEqual([]);
    const others = ['bot/data/trunkline.db', 'bot/credentials.yml', 'domains/a.yml', 'bot/a.md'];
    expect(others.filter((path) => project.includes(at(path)))).toEqual([]);
    // Until it was loaded, all code may matter.
    expect(project.partAt(at('bot/lib/b.js'))).toBe('assistant');
    await project.loadAssistant();
    expect(project.partAt(at('bot/a.ts'))).toBe('assistant');
    expect(project.partAt(at('domain/a.yml'))).toBe('responses');
    expect(project.partAt(at('bot/lib/b.js'))).toBeNull();
    expect(project.partAt(at('bot/c.json'))).toBeNull();
  });

  // The story: whoever changed a channel was told that the assistant was loaded again.
  it('knows the files of its channels, which are loaded once', async () => {
    const project = await projectOf({
      'assistant.ts': "import './shared.ts';\nexport default () => 1;\n",
      'shared.ts': 'export {};\n',
      'addons/channel.ts': "import '../shared.ts';\nexport {};\n",
    });
    const at = (path: string): string => join(process.cwd(), path);
    await project.loadAssistant();
    await project.loadChannels(() => project.modules.load(at('addons/channel.ts')));
    const files = ['assistant.ts', 'shared.ts', 'addons/channel.ts'];
    expect(files.map((file) => project.partAt(at(file)))).toEqual(['assistant', 'assistant', null]);
  });
});
