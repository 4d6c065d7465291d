// A server with one channel, whose platform is this process's standard output, and the API. What is
// said and begins with "hang" never gets there.
import {
  InputChannel,
  OutputChannel,
  readJson,
  sendJson,
  Trunkline,
  UserMessage,
} from '@trunkline/core';
import { SqliteStore } from '@trunkline/sqlite';

class DeskOutput extends OutputChannel {
  name = 'desk';

  async sendTextMessage(to, text) {
    await this.deliver(text, async () => {
      if (text.startsWith(process.argv[3] ?? '\0')) await new Promise(() => {});
      process.stdout.write(`said ${to} ${text}\n`);
      return {};
    });
  }
}

class DeskInput extends InputChannel {
  name = 'desk';

  routes(turns) {
    const handle = async (req, res) => {
      const { sender, text } = await readJson(req, { channel: this.name, limitBytes: 10_000 });
      const message = new UserMessage({ senderId: sender, text, address: { to: sender } });
      sendJson(res, 200, { status: await turns.accept(message) });
    };
    return [{ method: 'POST', path: '/webhook', handle }];
  }

  getOutputChannel() {
    return new DeskOutput();
  }
}

const line = new Trunkline({
  channels: [new DeskInput()],
  store: new SqliteStore({ file: process.argv[2] }),
  api: { token: 'token' },
  assistant: {
    handle: (message, reply) => reply.text(`heard ${message.text}`),
    triggerIntent: ({ name }, reply) => reply.text(`intent ${name}`),
  },
});
const server = await line.listen(0, '127.0.0.1');
process.stdout.write(`port ${server.address().port}\n`);
