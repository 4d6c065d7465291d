// A server that can be killed: the built channel over SQLite. With `HANGS`, some turns never end.
import { Trunkline } from '@trunkline/core';
import { SlackInput } from '@trunkline/slack';
import { SqliteStore } from '@trunkline/sqlite';

const { API_URL, FILE, TOKEN, SECRET, HANGS } = process.env;

const line = new Trunkline({
  channels: [
    new SlackInput({ token: TOKEN, signingSecret: SECRET, apiUrl: API_URL, findSent: true }),
  ],
  store: new SqliteStore({ file: FILE }),
  async assistant(message, reply) {
    const hangs = HANGS === 'yes';
    if (hangs && message.text === 'before') await new Promise(() => {});
    await reply.text(`First answer to ${message.text}`);
    if (hangs && message.text === 'between') await new Promise(() => {});
    await reply.text(`Second answer to ${message.text}`);
  },
});
const server = await line.listen(0, '127.0.0.1');
process.send?.({ port: server.address().port });
process.on('disconnect', () => process.exit());
