// SMS: a signed webhook in, two texts out; within Twilio's request (TwiML), and by its API (REST).
import { pinDriver } from '../harness/cores.mjs';
import { HttpLoad } from '../harness/http-load.mjs';
import { printComparison, printGoals, printTitle, ratio } from '../harness/report.mjs';
import { takeTurns } from '../harness/rounds.mjs';
import { measureImports, printImports } from './imports.mjs';
import { SmsLoad } from './load.mjs';
import { answersTo, nextMessage, twimlOf } from './messages.mjs';
import { Platform } from './platform.mjs';

const CONNECTIONS = 32;

/** @type {Promise<Platform> | null} */
let started = null;
const platform = () => (started ??= Platform.start());

/** @param {string} id @param {string} label @param {string} name */
const target = (id, label, name) => ({
  id,
  label,
  script: new URL(`targets/${name}.mjs`, import.meta.url),
  args: async () => [id, String((await platform()).port)],
});

const twiml = [
  target('twiml-node', '(a) node:http, node:crypto', 'node-http'),
  target('twiml-bare', '(a) with bare turns', 'node-http'),
  target('twiml-express', '(b) Express, twilio.webhook()', 'express'),
  target('twiml-trunkline', '(c) Trunkline', 'trunkline'),
];
const rest = [
  target('rest-node', '(a) node:http, undici', 'node-http'),
  target('rest-express', '(b) Express, twilio', 'express'),
  target('rest-trunkline', '(c) Trunkline', 'trunkline'),
];

export const targets = [...rest, ...twiml];

/** @type {import('../harness/rounds.mjs').Connect} */
async function connectTwiml({ port }, durationMs) {
  const next = () => {
    const { text, request } = nextMessage();
    const body = Buffer.from(twimlOf(answersTo(text))).toString('latin1');
    return { request, status: 200, type: 'text/xml', body };
  };
  return HttpLoad.connect({ port, connections: CONNECTIONS, next, durationMs });
}

/** @type {import('../harness/rounds.mjs').Connect} */
async function connectRest({ port }, durationMs) {
  return SmsLoad.connect({
    port,
    connections: CONNECTIONS,
    platform: await platform(),
    durationMs,
  });
}

/** For `--profile`. @type {import('../harness/rounds.mjs').Connect} */
export const connect = process.argv.some((argument) => argument.startsWith('twiml-'))
  ? connectTwiml
  : connectRest;

/** @param {{ quick: boolean }} options */
export async function run({ quick }) {
  pinDriver();
  const [rounds, sliceMs] = quick ? [3, 600] : [8, 1_200];
  const measures = { rounds, sliceMs };
  const detail = `${CONNECTIONS} in flight, ${rounds} rounds of ${sliceMs} ms a target`;
  printTitle('sms, TwiML: a signed webhook in, two texts in its answer', detail);
  const inTwiml = await takeTurns({ targets: twiml, connect: connectTwiml, ...measures });
  printComparison(twiml, inTwiml);
  printTitle('sms, REST: a signed webhook in, acknowledged, two messages sent', detail);
  const overRest = await takeTurns({ targets: rest, connect: connectRest, ...measures });
  printComparison(rest, overRest);
  const imports = await measureImports();
  printImports(imports);

  /** @param {Map<string, import('../harness/rounds.mjs').Sample[]>} samples @param {string} way */
  const against = (samples, way, /** @type {number} */ times) => {
    const of = (/** @type {string} */ id, /** @type {'rate' | 'cpuUs'} */ key) =>
      (samples.get(`${way}-${id}`) ?? []).map((sample) => sample[key]);
    const { value, text } = ratio(of('trunkline', 'rate'), of('node', 'rate'));
    const byCpu = ratio(of('node', 'cpuUs'), of('trunkline', 'cpuUs'));
    return { met: value >= times, measured: `${text}, by CPU time ${byCpu.value.toFixed(2)}` };
  };
  printGoals([
    { goal: 'TwiML, turns/s: (c) at least 0.6 of (a)', ...against(inTwiml, 'twiml', 0.6) },
    { goal: 'REST, turns/s: (c) at least 0.45 of (a)', ...against(overRest, 'rest', 0.45) },
    imports.goal,
  ]);
}
