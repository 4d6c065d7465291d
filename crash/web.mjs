// `npm run crash -- web`: readers at the web chat, whose servers and connections go. See README.md.
import { parseArgs } from 'node:util';
import { describeWebRun, webRun } from './src/web/run.mjs';

const { values } = parseArgs({
  options: {
    store: { type: 'string' },
    readers: { type: 'string', default: '25' },
    messages: { type: 'string', default: '10000' },
    kills: { type: 'string', default: '20' },
    cut: { type: 'string', default: '100' },
    pace: { type: 'string', default: '750' },
    times: { type: 'string', default: '1' },
    seed: { type: 'string' },
    keep: { type: 'boolean', default: false },
  },
});

// With an end in good order, nothing is left behind.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const stores = /** @type {const} */ (['sqlite', 'redis']).filter(
  (store) => values.store === undefined || values.store === store,
);
if (stores.length === 0) throw new Error('--store is one of sqlite, redis');

let seed = Number(values.seed ?? Math.floor(Math.random() * 1e9));
let failed = 0;
for (let time = 1; time <= Number(values.times); time++) {
  for (const store of stores) {
    const result = await webRun({
      store,
      readers: Number(values.readers),
      messages: Number(values.messages),
      paceMs: Number(values.pace),
      kills: Number(values.kills),
      cutMs: Number(values.cut),
      seed: seed++,
      keeps: values.keep,
    });
    const [title = '', ...lines] = describeWebRun(result);
    console.log(`\n${time}/${values.times} ${[title, ...lines].join('\n  ')}`);
    if (result.failures.length > 0) failed++;
  }
}
console.log(failed === 0 ? '\nEverything held.' : `\n${failed} runs failed.`);
process.exit(failed === 0 ? 0 : 1);
