// Bundles what `tsc` has only declared: an ES module, the client alone, and one file for a <script> tag.
// Fails where a file is larger than what this package promises.
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { Extractor, ExtractorConfig } from '@microsoft/api-extractor';
import { minify } from 'terser';
import { build } from 'vite';
import { leanMarked, tightStyles } from './lean.mjs';

/** `limitBytes`: gzipped. @type {{ entry: string, file: string, format: 'es' | 'iife', limitBytes: number }[]} */
const bundles = [
  { entry: 'src/index.ts', file: 'webchat.js', format: 'es', limitBytes: 40_000 },
  { entry: 'src/client.ts', file: 'client.js', format: 'es', limitBytes: 6_000 },
  { entry: 'src/index.ts', file: 'webchat.global.js', format: 'iife', limitBytes: 40_000 },
];

for (const { entry, file, format, limitBytes } of bundles) {
  await build({
    configFile: false,
    plugins: [tightStyles, leanMarked],
    logLevel: 'warn',
    build: {
      lib: { entry, formats: [format], name: 'TrunklineWebchat', fileName: () => file },
      // `tsc` was here before.
      emptyOutDir: false,
      minify: 'oxc',
      target: 'es2022',
      reportCompressedSize: false,
      // Vite keeps the white space of ES modules for bundlers; these are also loaded as they are.
      rolldownOptions: { output: { minify: true, comments: false } },
    },
  });
  const code = await tighten(readFileSync(`dist/${file}`, 'utf8'), format);
  writeFileSync(`dist/${file}`, code);
  const gzipped = gzipSync(code, { level: 9 }).length;
  console.log(`dist/${file}: ${kilobytes(code.length)}, ${kilobytes(gzipped)} gzipped`);
  if (gzipped <= limitBytes) continue;
  console.error(`dist/${file} is over ${kilobytes(limitBytes)} gzipped.`);
  process.exitCode = 1;
}

bundleTypes();
copyLicences();

/**
 * Takes away what Vite's own minifier leaves.
 * @param {string} code @param {'es' | 'iife'} format
 */
async function tighten(code, format) {
  const { code: tight = code } = await minify(code, {
    module: format === 'es',
    ecma: 2020,
    compress: { passes: 3 },
    // A page may be in another encoding than the file.
    format: { comments: false, ascii_only: true },
  });
  return tight;
}

/** What is bundled is not ours: its licences go along. */
function copyLicences() {
  const texts = ['marked', 'dompurify'].map((name) => {
    const folder = new URL(`node_modules/${name}/`, import.meta.url);
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    if (file === undefined) throw new Error(`${name} has no licence`);
    return `${name}\n\n${readFileSync(new URL(file, folder), 'utf8').trim()}\n`;
  });
  const note = 'Bundled here: minified, and without the parts that are not used.';
  writeFileSync('dist/THIRD-PARTY.txt', [note, ...texts].join('\n\n'));
}

/**
 * Copies the wire's types out of the server's packages, so that whoever installs this one for a page
 * need not install a server.
 */
function bundleTypes() {
  const folder = fileURLToPath(new URL('.', import.meta.url));
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: `${folder}package.json`,
    configObject: {
      projectFolder: folder,
      mainEntryPointFilePath: 'dist/wire.d.ts',
      bundledPackages: ['@trunkline/core', '@trunkline/websocket'],
      compiler: {
        overrideTsconfig: {
          compilerOptions: {
            target: 'ES2022',
            lib: ['ES2023', 'DOM'],
            module: 'NodeNext',
            types: ['node'],
            strict: true,
            skipLibCheck: true,
          },
          files: ['dist/wire.d.ts'],
        },
      },
      dtsRollup: { enabled: true, untrimmedFilePath: 'dist/wire.bundled.d.ts' },
      tsdocMetadata: { enabled: false },
      newlineKind: 'lf',
    },
  });
  let isRight = true;
  Extractor.invoke(config, {
    localBuild: true,
    messageCallback(message) {
      message.handled = true;
      // `messageId` is the compiler's, `TS…`, for what the compiler has to say.
      if (!message.messageId.startsWith('TS')) return;
      isRight = false;
      console.error(message.text);
    },
  });
  if (!isRight) process.exitCode = 1;
  renameSync('dist/wire.bundled.d.ts', 'dist/wire.d.ts');
  rmSync('dist/wire.d.ts.map');
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
