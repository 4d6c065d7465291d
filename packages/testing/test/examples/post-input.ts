import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  CollectingOutputChannel,
  InputChannel,
  isJsonObject,
  MalformedPayloadError,
  readJson,
  sendJson,
  UserMessage,
  type OutputChannel,
  type Route,
  type Turns,
  type UserMessageOptions,
} from '@trunkline/core';

/** What a body says. */
export interface Posted {
  sender: string;
  text: string;
}

/** A live channel in its plainest form: `{"sender":"anna","text":"Hello"}`, answered with a list. */
export class PostInput extends InputChannel {
  readonly name: string = 'post';

  override routes(turns: Turns): Route[] {
    return [
      { method: 'GET', path: '/', handle: (_req, res) => sendJson(res, 200, { status: 'ok' }) },
      { method: 'POST', path: '/webhook', handle: (req, res) => this.receive(turns, req, res) },
    ];
  }

  protected async receive(turns: Turns, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const posted = this.parse(await this.read(req));
    const output = new CollectingOutputChannel(this.name);
    await turns.run(new UserMessage(this.fields(posted, req, output)));
    sendJson(res, 200, output.messages);
  }

  protected read(req: IncomingMessage): Promise<unknown> {
    return readJson(req, { channel: this.name, limitBytes: 64 * 1024 });
  }

  protected parse(body: unknown): Posted {
    const { sender, text } = isJsonObject(body) ? body : {};
    if (typeof sender === 'string' && typeof text === 'string') return { sender, text };
    throw new MalformedPayloadError('"sender" and "text" must be texts', { channel: this.name });
  }

  protected fields(
    { sender, text }: Posted,
    req: IncomingMessage,
    outputChannel: OutputChannel,
  ): UserMessageOptions {
    const metadata = this.getMetadata(req);
    return { text, senderId: sender, outputChannel, inputChannel: this.name, metadata };
  }
}
