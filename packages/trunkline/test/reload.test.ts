import { Trunkline, type Clock } from '@trunkline/core';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished } from 'vitest';
import { Project, type ProjectOptions } from '../src/project.ts';
import { watchProject } from '../src/reload.ts';
import { PATIENCE_MS } from './support/command.ts';
import { folderOf } from './support/folder.ts';

const before = process.cwd();
afterEach(() => process.chdir(before));

/** Time that comes when a test says so. */
class StoppedClock implements Clock {
  readonly due: { delayMs: number; callback: () => void }[] = [];
  now = (): number => 0;
  after(delayMs: number, callback: () => void): () => void {
    const due = { delayMs, callback };
    this.due.push(due);
    return () => void this.due.splice(this.due.indexOf(due), 1);
  }
}

const assistant = (text: string): string => `export default (): string => '${text}';\n`;

/** A line over a folder, and what its reloads told. */
async function serve(files: Record<string, string>, below = '', options: ProjectOptions = {}) {
  const folder = join(await folderOf(files), below);
  process.chdir(folder);
  const project = new Project(options);
  const news: string[] = [];
  let tell = (): void => {};
  const say = (what: string): void => {
    news.push(what);
    tell();
  };
  const clock = new StoppedClock();
  const events = { onReloaded: () => say('reloaded'), onFailed: (reason: string) => say(reason) };
  const { into, stop } = await watchProject(project, events, clock);
  const { assistant: first, responses } = await project.load();
  const line = new Trunkline({ channels: [], assistant: first, ...(responses && { responses }) });
  into(line);
  onTestFinished(async () => {
    await line.close();
    await stop();
  });
  const next = (): Promise<void> => new Promise((resolve) => (tell = resolve));
  const write = async (name: string, text: string): Promise<void> => {
    const told = next();
    // At once: a file that is written in two steps may be read between them.
    await writeFile(join(folder, `${name}.tmp`), text);
    await rename(join(folder, `${name}.tmp`), join(folder, name));
    await told;
  };
  // What these assistants return is nobody's business but a test's.
  const answer = (): unknown => (line.assistant.handle as () => unknown)();
  return { folder, line, news, write, answer, clock, stop };
}

describe('a change', { timeout: PATIENCE_MS }, () => {
  it('of the assistant is loaded, and one that cannot be leaves what was there before', async () => {
    const { write, answer, news } = await serve({ 'assistant.ts': assistant('one') });
    expect(answer()).toBe('one');
    await write('assistant.ts', assistant('two'));
    expect(answer()).toBe('two');
    await write('assistant.ts', 'export default () => ;');
    expect(answer()).toBe('two');
    expect(news).toEqual([
      'reloaded',
      expect.stringContaining('./assistant.ts cannot be loaded\n\nError: ParseError'),
    ]);
    await write('assistant.ts', assistant('three'));
    expect(answer()).toBe('three');
  });

  it('of the assistant closes the one of before, when the turns that may have it are over', async () => {
    const closing = (close: string): string =>
      `export default { handle: () => 'x', close() { ${close} } };\n`;
    const { write, line, news, clock, stop } = await serve({
      'assistant.ts': closing('globalThis.isClosed = 1;'),
    });
    const first = line.assistant;
    await write('assistant.ts', closing("throw new Error('stuck');"));
    expect(line.assistant).not.toBe(first);
    const [due] = clock.due;
    expect(due?.delayMs).toBeGreaterThan(60_000);
    expect(Object(globalThis).isClosed).toBeUndefined();
    due?.callback();
    expect(Object(globalThis).isClosed).toBe(1);
    await write('assistant.ts', assistant('two'));
    expect(news).toEqual(['reloaded', 'reloaded']);
    // What was not closed yet is at the end.
    await stop();
    expect(news.at(-1)).toMatch(/of before could not be closed: Error: stuck/);
  });

  // The story: JavaScript that Node runs by itself was said to be loaded again, and Node gave back what it had
  // kept of it. Beside an .mjs file, the responses were not looked at either.
  it.each([
    ['assistant.js', 'module', "export default () => 'one';\n"],
    ['assistant.mjs', 'commonjs', "export default await Promise.resolve(() => 'one');\n"],
    ['assistant.js', 'commonjs', "module.exports = () => 'one';\n"],
    ['assistant.cjs', 'module', "exports.assistant = () => 'one';\n"],
  ])('of an assistant in JavaScript is loaded: %s, %s', async (name, type, text) => {
    const { write, answer, line } = await serve(
      { [name]: text, 'package.json': JSON.stringify({ type }), 'domain.yml': '' },
      '',
      { assistant: name },
    );
    expect(answer()).toBe('one');
    await write(name, text.replace('one', 'two'));
    expect(answer()).toBe('two');
    await write(name, text.replace('one', 'three'));
    expect(answer()).toBe('three');
    await write('domain.yml', 'responses:\n  b: [{ text: B }]\n');
    expect(line.responses?.names).toEqual(['b']);
  });

  // The story: only the folder of the assistant was looked at, and what a module there has from beside it stayed.
  it('is seen beside the folder of the assistant', async () => {
    const { write, answer } = await serve(
      {
        'src/assistant.ts':
          "import { text } from '../lib/text.ts';\nexport default (): string => text;\n",
        'lib/text.ts': "import data from '../data.json';\nexport const { text } = data;\n",
        'data.json': '{"text":"one"}',
      },
      '',
      { assistant: 'src/assistant.ts' },
    );
    expect(answer()).toBe('one');
    await write('data.json', '{"text":"two"}');
    expect(answer()).toBe('two');
    await write('lib/text.ts', "export const text = 'three';\n");
    expect(answer()).toBe('three');
  });

  // The story: what an .mjs file exports is loaded once. A change that was taken back brought it back, and two
  // minutes after the change it was closed while it answered.
  it('that is taken back leaves an assistant open that is loaded once', async () => {
    const kept = "export { default } from './kept.mjs';\n";
    const { write, line, clock, stop } = await serve({
      'assistant.ts': kept,
      'kept.mjs': "export default { handle: () => 'kept', close() { this.isClosed = true; } };\n",
    });
    const first = line.assistant;
    await write('assistant.ts', assistant('two'));
    expect(line.assistant).not.toBe(first);
    await write('assistant.ts', kept);
    expect(line.assistant).toBe(first);
    for (const { callback } of clock.due) callback();
    await stop();
    expect(first).not.toHaveProperty('isClosed');
  });

  it('of the responses is loaded', async () => {
    const { write, line, news } = await serve({
      'assistant.ts': assistant('one'),
      'domain.yml': 'responses:\n  a: [{ text: A }]\n',
    });
    await write('domain.yml', 'responses:\n  b: [{ text: B }]\n');
    expect(line.responses?.names).toEqual(['b']);
    await write('domain.yml', 'responses:\n  b: {}\n');
    expect(line.responses?.names).toEqual(['b']);
    expect(news.at(-1)).toMatch(/goes on: domain\.yml:2: b must be a list of variations/);
  });

  it('of the responses leaves the assistant as it is', async () => {
    const { write, line } = await serve({
      'assistant.ts': assistant('one'),
      'domain.yml': 'responses:\n  a: [{ text: A }]\n',
    });
    const first = line.assistant;
    await write('domain.yml', 'responses:\n  b: [{ text: B }]\n');
    expect(line.assistant).toBe(first);
  });

  it('of both is loaded once both can be', async () => {
    const { folder, write, line, answer } = await serve({
      'assistant.ts': assistant('one'),
      'domain.yml': 'responses:\n  a: [{ text: A }]\n',
    });
    await writeFile(join(folder, 'assistant.ts'), assistant('two'));
    await write('domain.yml', 'responses:\n  b: {}\n');
    await write('domain.yml', 'responses:\n  b: [{ text: B }]\n');
    await expect.poll(answer).toBe('two');
    expect(line.responses?.names).toEqual(['b']);
  });

  // The story: files were watched only once the server listened. What was saved while it started was
  // not noticed, and the one before it went on answering.
  it('that is saved while the assistant is loaded is loaded as well', async () => {
    const saved = JSON.stringify(assistant('two'));
    const { answer } = await serve({
      'assistant.ts': `import { writeFileSync } from 'node:fs';
        writeFileSync('assistant.ts', ${saved});\n${assistant('one')}`,
    });
    await expect.poll(answer, { timeout: PATIENCE_MS / 2 }).toBe('two');
  });

  it('is seen in a file that is new', async () => {
    const { folder, write, answer, news } = await serve({ 'assistant.ts': assistant('one') });
    const source = "import { text } from './lib/text.ts';\nexport default (): string => text;\n";
    await write('assistant.ts', source);
    expect(news.at(-1)).toContain('cannot be loaded');
    // What is missing may come now.
    await mkdir(join(folder, 'lib'));
    await writeFile(join(folder, 'lib/text.ts'), "export const text = 'two';\n");
    await expect.poll(answer, { timeout: 10_000 }).toBe('two');
  });

  it('is seen in JSON that a module imports, and not in what the assistant writes', async () => {
    const { folder, write, line, answer } = await serve({
      'assistant.ts': "import data from './data.json';\nexport default (): string => data.text;\n",
      'data.json': '{"text":"one"}',
      'state.json': '{}',
      'domain.yml': 'responses:\n  a: [{ text: A }]\n',
    });
    const first = line.assistant;
    await writeFile(join(folder, 'state.json'), '{"turns":1}');
    await writeFile(join(folder, 'other.ts'), 'export {};\n');
    await mkdir(join(folder, 'out'));
    // What comes after them is all there is.
    await write('domain.yml', 'responses:\n  b: [{ text: B }]\n');
    expect(line.assistant).toBe(first);
    await write('data.json', '{"text":"two"}');
    expect(answer()).toBe('two');
  });

  it('is seen in a folder whose name begins with a dot', async () => {
    const { write, answer } = await serve({ '.bot/assistant.ts': assistant('one') }, '.bot');
    await write('assistant.ts', assistant('two'));
    expect(answer()).toBe('two');
  });

  it('of anything else, and of packages, is nothing', async () => {
    const { folder, write, news } = await serve({
      'assistant.ts': assistant('one'),
      'data/trunkline.db': '',
    });
    for (const name of ['data/trunkline.db', 'notes.md', 'node_modules/x.ts', '.hidden.ts']) {
      await writeFile(join(folder, name), 'x');
    }
    // What comes after them is all there is.
    await write('assistant.ts', assistant('two'));
    expect(news).toEqual(['reloaded']);
  });
});
