import {
  InputChannel,
  readJson,
  sendJson,
  UserMessage,
  type Address,
  type JsonObject,
  type OutputChannel,
  type Route,
  type Turns,
} from '@trunkline/core';
import { PlatformOutput, type Platform } from './platform.ts';

/** A channel whose platform is answered at once: takes `{ sender, text, account?, address? }` over. */
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
          const { sender, text, account, metadata } = body as JsonObject;
          const message = new UserMessage({
            senderId: String(sender),
            text: String(text),
            account: typeof account === 'string' ? account : null,
            metadata: (metadata ?? null) as JsonObject | null,
            address: { to: String(sender) },
          });
          sendJson(res, 200, { status: await turns.accept(message) });
        },
      },
    ];
  }

  override getOutputChannel(_address: Address): OutputChannel {
    return new PlatformOutput(this.#platform);
  }
}
