// What it takes to load: the package, and what is only loaded with the first message that is sent.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { median, printTable } from '../harness/report.mjs';

const run = promisify(execFile);

/** @type {readonly (readonly [label: string, code: string])[]} */
const PARTS = [
  ['@trunkline/sms, beside core', "await import('@trunkline/sms')"],
  [
    'what the first message loads of twilio',
    "require('twilio/lib/rest/api/v2010/account/message'); require('twilio/lib/base/Version'); require('twilio/lib/base/Domain')",
  ],
  ['undici', "await import('undici')"],
  ['all of twilio, and client.messages', "require('twilio')('AC' + '0'.repeat(32), 'x').messages"],
];

const PROGRAM = (/** @type {string} */ code) => `
  import { createRequire } from 'node:module';
  const require = createRequire(process.cwd() + '/x.js');
  await import('@trunkline/core');
  const before = [process.cpuUsage(), process.memoryUsage().rss];
  ${code};
  const { user, system } = process.cpuUsage(before[0]);
  console.log(JSON.stringify([(user + system) / 1000, (process.memoryUsage().rss - before[1]) / 1e6]));
`;

export async function measureImports() {
  const rows = [];
  for (const [label, code] of PARTS) {
    const samples = [];
    for (let i = 0; i < 5; i++) {
      const args = ['--input-type=module', '-e', PROGRAM(code)];
      const { stdout } = await run(process.execPath, args, { cwd: new URL('..', import.meta.url) });
      samples.push(/** @type {[number, number]} */ (JSON.parse(stdout)));
    }
    rows.push({
      label,
      cpuMs: median(samples.map(([cpuMs]) => cpuMs)),
      megabytes: median(samples.map(([, megabytes]) => megabytes)),
    });
  }
  const own = rows[0]?.cpuMs ?? Number.NaN;
  const goal = {
    goal: 'import of the package: less than 100 ms of CPU',
    met: own < 100,
    measured: `${own.toFixed(0)} ms`,
  };
  return { rows, goal };
}

/** @param {Awaited<ReturnType<typeof measureImports>>} imports */
export function printImports({ rows }) {
  console.log('\nWhat is loaded, and when: medians of five processes\n');
  printTable([
    ['', 'CPU ms', 'MB'],
    ...rows.map(({ label, cpuMs, megabytes }) => [label, cpuMs.toFixed(0), megabytes.toFixed(1)]),
  ]);
}
