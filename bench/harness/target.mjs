// Runs inside a target: says where it listens, and answers the driver's questions.
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';

/** Microseconds between two samples of a profile. */
const SAMPLE_US = 200;

/** @type {Session | null} */
let profiler = null;

/** @typedef {Record<string, (argument: any) => Promise<object>>} Answers */

/** @type {Answers} */
const answers = {
  async heap() {
    // Twice: what finalizers let go of is collected the second time.
    for (let i = 0; i < 2; i++) await globalThis.gc?.({ type: 'major', execution: 'async' });
    return { bytes: process.memoryUsage().heapUsed };
  },
  async 'start-profile'() {
    profiler = new Session();
    profiler.connect();
    await profiler.post('Profiler.enable');
    await profiler.post('Profiler.setSamplingInterval', { interval: SAMPLE_US });
    await profiler.post('Profiler.start');
    return {};
  },
  async 'stop-profile'(file) {
    const stopped = await profiler?.post('Profiler.stop');
    await writeFile(file, JSON.stringify(stopped?.profile));
    return {};
  },
};

/**
 * To be called once, when the target can be asked for something.
 * @param {import('node:http').Server | null} server - What it listens with; `null` where the driver
 *   has only questions.
 * @param {Answers} [own] - What it answers beside the harness's questions.
 */
export function ready(server, own = {}) {
  const address = server === null ? { port: 0 } : server.address();
  if (address === null || typeof address === 'string')
    throw new Error('the server does not listen');
  const all = { ...answers, ...own };
  process.on('message', (/** @type {{ question: string, argument: unknown }} */ message) => {
    all[message.question]?.(message.argument).then(
      (answer) => process.send?.(answer),
      (error) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  // The driver is gone.
  if (!process.connected) process.exit();
  process.on('disconnect', () => process.exit());
  process.send?.({ port: address.port });
}
