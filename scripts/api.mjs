// Writes what every published package exports to `etc/<package>.api.md`, so that a change of it is
// reviewed like code. `--check` only compares. Either way a declaration without TSDoc is an error.
import { mkdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Extractor, ExtractorConfig, ExtractorLogLevel as Level } from '@microsoft/api-extractor';
import { build, fail, folders, install, readJson, root } from './workspace.mjs';

const check = process.argv.includes('--check');
install();
build();

const temp = join(root, 'temp', 'api');
mkdirSync(temp, { recursive: true });
mkdirSync(join(root, 'etc'), { recursive: true });

let wrong = 0;
for (const folder of folders) {
  const manifest = readJson(join(root, folder, 'package.json'));
  if (manifest.private) continue;
  for (const [subpath, conditions] of Object.entries(manifest.exports)) {
    const name = join(manifest.name.replace(/^@trunkline\//, ''), subpath).replaceAll('/', '-');
    extract({ name, folder, types: conditions.types, isRoot: subpath === '.' });
  }
}
if (wrong > 0) {
  fail(
    check
      ? `${wrong} API reports are not as they should be: run \`npm run api\`, review \`etc/\`, and commit it.`
      : `${wrong} API reports have errors (above).`,
  );
}

/** @param {{ name: string, folder: string, types: string, isRoot: boolean }} entry */
function extract({ name, folder, types, isRoot }) {
  const projectFolder = join(root, folder);
  const { compilerOptions = {} } = readJson(join(projectFolder, 'tsconfig.build.json'));
  const config = ExtractorConfig.prepare({
    configObjectFullPath: undefined,
    packageJsonFullPath: join(projectFolder, 'package.json'),
    configObject: {
      projectFolder,
      mainEntryPointFilePath: join(projectFolder, types),
      compiler: {
        // The extractor's own compiler is older than ours and does not know all of our options.
        overrideTsconfig: {
          compilerOptions: {
            target: 'ES2022',
            // Ours for Node have none of a browser's types, whose names would be taken.
            lib: compilerOptions.lib ?? ['ES2023'],
            module: 'NodeNext',
            types: ['node'],
            strict: true,
            skipLibCheck: true,
          },
          files: [types],
        },
      },
      apiReport: {
        enabled: true,
        reportFileName: `${name}.api.md`,
        reportFolder: join(root, 'etc'),
        reportTempFolder: temp,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      newlineKind: 'lf',
      messages: {
        compilerMessageReporting: { default: { logLevel: Level.Error } },
        extractorMessageReporting: {
          default: { logLevel: Level.Error },
          // Everything is public until somebody marks it otherwise.
          'ae-missing-release-tag': { logLevel: Level.None },
          // A subpath names types that the root exports.
          'ae-forgotten-export': { logLevel: isRoot ? Level.Error : Level.None },
        },
        tsdocMessageReporting: {
          default: { logLevel: Level.Error },
          // Braces and angle brackets in a sentence are read by people first.
          'tsdoc-escape-greater-than': { logLevel: Level.None },
          'tsdoc-escape-right-brace': { logLevel: Level.None },
          'tsdoc-malformed-html-name': { logLevel: Level.None },
          'tsdoc-malformed-inline-tag': { logLevel: Level.None },
        },
      },
    },
  });

  let errors = 0;
  const result = Extractor.invoke(config, {
    localBuild: !check,
    messageCallback(message) {
      message.handled = true;
      if (message.logLevel !== Level.Error && message.logLevel !== Level.Warning) return;
      // Said below, in our own words.
      if (message.messageId.startsWith('console-api-report')) return;
      if (message.messageId === 'ae-undocumented' && needsNoComment(message)) return;
      errors += 1;
      const line = message.sourceFileLine === undefined ? '' : `:${message.sourceFileLine}`;
      const file = relative(root, message.sourceFilePath ?? projectFolder);
      console.error(`${file}${line}: ${message.text}`);
    },
  });
  if (check && result.apiReportChanged) console.error(`etc/${name}.api.md: out of date`);
  if (errors > 0 || (check && result.apiReportChanged)) wrong += 1;
}

/**
 * An index signature says all there is, and so does the `type` or `kind` that tells an object from
 * its like. An overriding member is documented where it was declared first. (The mark `override` is
 * not in the declarations that are analysed.)
 * @param {import('@microsoft/api-extractor').ExtractorMessage} message
 */
function needsNoComment({ text, sourceFilePath, sourceFileLine }) {
  if (text.includes('"__index"')) return true;
  if (sourceFilePath === undefined || sourceFileLine === undefined) return false;
  const line = readFileSync(sourceFilePath, 'utf8').split('\n')[sourceFileLine - 1] ?? '';
  return /\boverride\b/.test(line) || /^\s*(type|kind)\??: '/.test(line);
}
