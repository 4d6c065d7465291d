// A floor under Redis: one job of BullMQ a message. `redis-bullmq.mjs <port>`.
import { Queue } from 'bullmq';
import { ready } from '../../harness/target.mjs';
import { Messages, produce } from '../messages.mjs';
import { measureAccepts, times } from '../meter.mjs';
import { redisCpuUs } from '../redis-info.mjs';

const port = Number(process.argv[2]);
const queue = new Queue('bench', { connection: { port, host: '127.0.0.1' } });
await queue.waitUntilReady();
const serverCpuUs = redisCpuUs(port);
const messages = new Messages();

const hand = (/** @type {number} */ count) =>
  produce(times(count), () => queue.add('turn', messages.next()));
const after = () => queue.drain();

const accepts = (/** @type {{ durationMs: number }} */ { durationMs }) =>
  measureAccepts(durationMs, { hand, after, serverCpuUs });

ready(null, { accepts, profiled: accepts });
