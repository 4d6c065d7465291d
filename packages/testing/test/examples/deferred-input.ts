import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  InputChannel,
  isJsonObject,
  MalformedPayloadError,
  OutputChannel,
  readJson,
  sendJson,
  UnauthenticatedError,
  UserMessage,
  type Address,
  type Route,
  type Turns,
} from '@trunkline/core';

/** Sends to a platform, here a list. */
class DeferredOutput extends OutputChannel {
  readonly name = 'deferred';
  readonly #platform: unknown[];
  readonly #address: Address;

  constructor(platform: unknown[], address: Address) {
    super();
    this.#platform = platform;
    this.#address = address;
  }

  async sendTextMessage(_recipientId: string, text: string): Promise<void> {
    await this.deliver({ ...this.#address, text }, async (payload) => {
      this.#platform.push(payload);
      return { count: this.#platform.length };
    });
  }
}

/** What the platform proves itself with. */
export const SECRET = 'open-sesame';

/** A channel whose platform is answered at once: `{"id":"1","from":"anna","text":"Hello"}`. */
export class DeferredInput extends InputChannel {
  readonly name = 'deferred';

  /** What reached the platform. */
  readonly platform: unknown[] = [];

  override routes(turns: Turns): Route[] {
    return [
      { method: 'GET', path: '/', handle: (_req, res) => sendJson(res, 200, { status: 'ok' }) },
      { method: 'POST', path: '/webhook', handle: (req, res) => this.#receive(turns, req, res) },
    ];
  }

  override getOutputChannel(address: Address): OutputChannel {
    return new DeferredOutput(this.platform, address);
  }

  protected messageId(id: string): string {
    return id;
  }

  protected verify(req: IncomingMessage): void {
    if (req.headers['x-secret'] === SECRET) return;
    throw new UnauthenticatedError('x-secret is wrong', { channel: this.name });
  }

  /** Takes a message over, and answers the platform. */
  protected async accept(turns: Turns, message: UserMessage, res: ServerResponse): Promise<void> {
    const outcome = await turns.accept(message);
    sendJson(res, outcome === 'refused' ? 503 : 200, { outcome });
  }

  async #receive(turns: Turns, req: IncomingMessage, res: ServerResponse): Promise<void> {
    this.verify(req);
    const body = await readJson(req, { channel: this.name, limitBytes: 64 * 1024 });
    const { id, from, text } = isJsonObject(body) ? body : {};
    if (typeof id !== 'string' || typeof from !== 'string' || typeof text !== 'string') {
      throw new MalformedPayloadError('"id", "from" and "text" must be texts', {
        channel: this.name,
      });
    }
    const message = new UserMessage({
      text,
      senderId: from,
      messageId: this.messageId(id),
      address: { to: from },
      inputChannel: this.name,
      metadata: this.getMetadata(req),
    });
    await this.accept(turns, message, res);
  }
}
