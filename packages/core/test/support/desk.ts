import {
  InputChannel,
  readJson,
  sendJson,
  UserMessage,
  type Address,
  type OutputChannel,
  type Route,
  type Turns,
  type UserMessageOptions,
} from '@trunkline/core';
import { PlatformOutput, type Platform } from './platform.ts';

interface Said extends Pick<UserMessageOptions, 'text' | 'account' | 'metadata'> {
  sender: string;
}

/** A channel whose platform is answered at once: takes `{ sender, text, account?, metadata? }` over. */
export class DeskInput extends InputChannel {
  readonly name: string;
  readonly #platform: Platform;

  constructor(platform: Platform, name = 'desk') {
    super();
    this.name = name;
    this.#platform = platform;
  }

  override routes(turns: Turns): Route[] {
    return [
      { method: 'GET', path: '/', handle: (_req, res) => sendJson(res, 200, { status: 'ok' }) },
      {
        method: 'POST',
        path: '/webhook',
        handle: async (req, res) => {
          const limitBytes = 10_000;
          const body = await readJson(req, { channel: this.name, limitBytes });
          // What the tests post.
          const { sender, ...said } = body as Said;
          const message = new UserMessage({ ...said, senderId: sender, address: { to: sender } });
          sendJson(res, 200, { status: await turns.accept(message) });
        },
      },
    ];
  }

  override getOutputChannel(_address: Address): OutputChannel {
    return new PlatformOutput(this.#platform);
  }
}
