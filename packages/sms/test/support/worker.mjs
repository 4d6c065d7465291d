// A server as a user of the package would write it, on what is built. The first that runs stops half
// way, to be killed there.
import { Trunkline } from '@trunkline/core';
import { SmsInput } from '@trunkline/sms';
import { SqliteStore } from '@trunkline/sqlite';

const { file, sms, stopsAfter } = JSON.parse(process.argv[2] ?? '');

const line = new Trunkline({
  channels: [new SmsInput(sms)],
  store: new SqliteStore({ file }),
  // It is killed right after an answer, whose receipt may not be stored yet.
  delivery: { whenUnknown: 'assume-sent' },
  async assistant(message, reply) {
    for (const [index, text] of ['One', 'Two'].entries()) {
      if (index === stopsAfter) {
        process.send?.({ stopped: true });
        await new Promise(() => {});
      }
      await reply.text(`${text}, ${message.text}`);
    }
  },
});
const server = await line.listen(0, '127.0.0.1');
const address = server.address();
process.send?.({ port: typeof address === 'object' ? address?.port : 0 });
