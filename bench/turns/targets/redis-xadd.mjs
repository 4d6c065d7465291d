// A floor under Redis: one XADD a message. `redis-xadd.mjs <port>`.
import { Redis } from 'ioredis';
import { ready } from '../../harness/target.mjs';
import { Messages, produce } from '../messages.mjs';
import { measureAccepts, times } from '../meter.mjs';
import { redisCpuUs } from '../redis-info.mjs';

const STREAM = 'bench:stream';

const port = Number(process.argv[2]);
const client = new Redis({ port, host: '127.0.0.1' });
const serverCpuUs = redisCpuUs(port);
const messages = new Messages();

function add() {
  const message = messages.next();
  const { senderId, messageId } = message;
  const text = JSON.stringify(message);
  return client.xadd(STREAM, '*', 'conversation', senderId, 'id', messageId, 'message', text);
}

const hand = (/** @type {number} */ count) => produce(times(count), add);
const after = async () => void (await client.del(STREAM));

const accepts = (/** @type {{ durationMs: number }} */ { durationMs }) =>
  measureAccepts(durationMs, { hand, after, serverCpuUs });

ready(null, { accepts, profiled: accepts });
