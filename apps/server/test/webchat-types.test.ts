import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeEach, expect, it } from 'vitest';
import { needs } from '../../../scripts/test-support/needs.ts';
import { aBuild } from './browser/support/browser.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const WORKSPACE = fileURLToPath(new URL('../../../', import.meta.url));

const PAGE = `import '@trunkline/webchat';
const chat = document.querySelector('trunkline-chat');
if (chat !== null) chat.token = 'a token';
document.createElement('trunkline-chat').labels = { send: 'Go' };
`;

beforeEach(needs(aBuild));

// The element was known to the sources alone: in a page's own program it was any `Element`.
it('tell the compiler of a page what <trunkline-chat> is', () => {
  const folder = mkdtempSync(join(ROOT, 'page-'));
  try {
    writeFileSync(join(folder, 'page.ts'), PAGE);
    const compilerOptions = {
      module: 'esnext',
      moduleResolution: 'bundler',
      target: 'es2022',
      lib: ['es2023', 'dom'],
      types: [],
      strict: true,
      noEmit: true,
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
    expect(compile(folder)).toBe('');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** What the compiler has to say. */
function compile(folder: string): string {
  try {
    return execFileSync(join(WORKSPACE, 'node_modules/.bin/tsc'), ['-p', folder], {
      encoding: 'utf8',
    });
  } catch (error) {
    return (error as { stdout: string }).stdout;
  }
}
