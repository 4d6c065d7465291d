// Trunkline, with the memory store or with SQLite.
import { join } from 'node:path';
import { MemoryStore, Trunkline } from '@trunkline/core';
import { SlackInput } from '@trunkline/slack';
import { SqliteStore } from '@trunkline/sqlite';
import { ready } from '../../harness/target.mjs';
import { folder } from '../../harness/folder.mjs';
import { ANSWERS, answerOf, API_URL, STORE, TEAMS } from '../arguments.mjs';
import { SECRET, TOKEN } from '../events.mjs';

const store =
  STORE === 'sqlite' ? new SqliteStore({ file: join(folder(), 'slack.db') }) : new MemoryStore();
const line = new Trunkline({
  channels: [
    new SlackInput({
      token: TEAMS === 1 ? TOKEN : (team) => `xoxb-${team}`,
      signingSecret: SECRET,
      apiUrl: API_URL,
    }),
  ],
  store,
  assistant: async (message, reply) => {
    for (let index = 0; index < ANSWERS; index++)
      await reply.text(answerOf(message.text ?? '', index));
  },
  onError: (error) => console.error(error),
});
ready(await line.listen(0, '127.0.0.1'));
