import {
  InputChannel,
  isJsonObject,
  OutputChannel,
  readJson,
  sendJson,
  UserMessage,
  type Address,
  type Route,
  type Turns,
} from '@trunkline/core';

/** A platform of the kind that Slack is, in memory: there is none that could be had here. */
export interface Platform {
  /** What its user has got. */
  sent: string[];
  /** Called before it takes a text. */
  onSend: (output: OutputChannel) => Promise<void> | void;
}

/** A channel whose platform is answered at once: `{"id":"1","text":"Hi"}`, always from U1 in T1. */
export class PlatformInput extends InputChannel {
  override readonly name: string;
  readonly #platform: Platform;

  constructor(platform: Platform, name = 'platform') {
    super();
    this.name = name;
    this.#platform = platform;
  }

  override routes(turns: Turns): Route[] {
    const handle: Route['handle'] = async (req, res) => {
      const body = await readJson(req, { channel: this.name, limitBytes: 64 * 1024 });
      const { id, text } = isJsonObject(body) ? body : {};
      if (typeof id !== 'string' || typeof text !== 'string') throw new TypeError('not ours');
      const message = { messageId: id, text, senderId: 'U1', account: 'T1' };
      const outcome = await turns.accept(new UserMessage({ ...message, address: { to: 'C1' } }));
      sendJson(res, outcome === 'refused' ? 503 : 200, { outcome });
    };
    return [{ method: 'POST', path: '/webhook', handle }];
  }

  override getOutputChannel(address: Address): OutputChannel {
    return new PlatformOutput(this.name, this.#platform, address);
  }
}

class PlatformOutput extends OutputChannel {
  override readonly name: string;
  readonly #platform: Platform;
  readonly #address: Address;

  constructor(name: string, platform: Platform, address: Address) {
    super();
    this.name = name;
    this.#platform = platform;
    this.#address = address;
  }

  override async sendTextMessage(_recipientId: string, text: string): Promise<void> {
    await this.deliver({ ...this.#address, text }, async () => {
      await this.#platform.onSend(this);
      this.#platform.sent.push(text);
      return { count: this.#platform.sent.length };
    });
  }
}
