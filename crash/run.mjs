// `npm run crash`: the crash tests in full length, as often as wanted. See README.md.
import { parseArgs } from 'node:util';
import { describeRun } from './src/report.mjs';
import { crashRun } from './src/run.mjs';

/** @typedef {import('./src/record.d.ts').RunOptions} RunOptions */

const { values } = parseArgs({
  options: {
    store: { type: 'string' },
    mode: { type: 'string' },
    messages: { type: 'string', default: '2000' },
    conversations: { type: 'string', default: '50' },
    kills: { type: 'string' },
    outages: { type: 'string' },
    cuts: { type: 'string' },
    pace: { type: 'string' },
    times: { type: 'string', default: '1' },
    seed: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});

// With an end in good order, nothing is left behind.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const stores = chosen('store', /** @type {const} */ (['sqlite', 'redis']));
const modes = chosen('mode', /** @type {const} */ (['wasSent', 'assume-sent', 'resend']));
const messages = Number(values.messages);
const conversations = Number(values.conversations);
const times = Number(values.times);

let seed = Number(values.seed ?? Math.floor(Math.random() * 1e9));
let failed = 0;
for (let time = 1; time <= times; time++) {
  for (const store of stores) {
    for (const mode of modes) {
      const result = await crashRun({
        store,
        mode,
        ...sizeOf(store, time),
        seed,
        keeps: values.keep,
      });
      const [title = '', ...lines] = describeRun(result);
      console.log(`\n${time}/${times} ${[title, ...lines].join('\n  ')}`);
      if (result.failures.length > 0) failed++;
      seed++;
    }
  }
}
console.log(failed === 0 ? '\nEverything held.' : `\n${failed} runs failed.`);
process.exitCode = failed === 0 ? 0 : 1;

/** @param {RunOptions['store']} store @param {number} time */
function sizeOf(store, time) {
  const isRedis = store === 'redis';
  const kills = Number(values.kills ?? Math.ceil(messages / (isRedis ? 130 : 70)));
  const outages = isRedis ? Number(values.outages ?? Math.ceil(messages / 500)) : 0;
  const cuts = isRedis ? Number(values.cuts ?? Math.ceil(messages / 20)) : 0;
  // At times they write faster than is answered.
  const usualMs = (isRedis ? 2_000 : 1_000) / ([5, 1, 2][time % 3] ?? 1);
  const paceMs = Number(values.pace ?? usualMs);
  return { messages, conversations, kills, outages, cuts, paceMs };
}

/** What is asked for, or all. @template {string} T @param {'store' | 'mode'} option @param {readonly T[]} all */
function chosen(option, all) {
  const name = values[option];
  if (name === undefined) return all;
  const found = all.filter((one) => one === name);
  if (found.length === 0) throw new Error(`--${option} is one of ${all.join(', ')}`);
  return found;
}
