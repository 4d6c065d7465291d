import { existsSync, readdirSync } from 'node:fs';
import { defineConfig } from 'vitest/config';

const folders = ['packages', 'apps'].flatMap((group) =>
  readdirSync(group).map((folder) => ({ name: folder, root: `./${group}/${folder}` })),
);

export default defineConfig({
  // Tests run on sources. Not `import`: Vitest passes these on to Node, where it breaks `require`
  // inside Express.
  ssr: { resolve: { conditions: ['@trunkline/source', 'node', 'development|production'] } },
  test: {
    // A limit for what hangs, and none for what is slow: machines are shared.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Less, so that it is said what was waited for. Vitest's own is one second.
    expect: { poll: { timeout: 25_000 } },
    // What runs beside others waits most of the time.
    maxConcurrency: 25,
    // Every folder with a `test/` is a project with the folder's name: `npm test -- --project rest`.
    projects: [...folders, ...['crash', 'scripts'].map((name) => ({ name, root: `./${name}` }))]
      .filter(({ root }) => existsSync(`${root}/test`))
      .map((test) => ({ extends: true, test: { ...test, include: ['test/**/*.test.ts'] } })),
  },
});
