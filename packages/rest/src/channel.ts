import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  clientGone,
  CollectingOutputChannel,
  ConfigurationError,
  InputChannel,
  isJsonObject,
  MalformedPayloadError,
  OverloadedError,
  pathOf,
  queryOf,
  QueueOutputChannel,
  readJson,
  sendJson,
  sendProblem,
  TurnAbortedError,
  UserMessage,
  type OutputChannel,
  type ResponseParts,
  type Route,
  type Turns,
} from '@trunkline/core';
import { allowOrigin, answerPreflight } from './cors.ts';
import { resolveOptions, type ResolvedRestOptions, type RestOptions } from './credentials.ts';
import { parseBody } from './parse.ts';
import { streamFormat, type StreamFailure, type StreamFormat } from './render.ts';
import { streamFailure, streamTurn } from './stream.ts';
import { bindSender, verifyCaller, type Subject } from './verify.ts';

declare module '@trunkline/core' {
  interface ChannelOverrides {
    /** What is said over REST instead. */
    rest?: ResponseParts;
  }
}

const CANCEL_PATH = '/cancel_background_tasks/';

/**
 * Post a message, get the responses: Rasa's `rest` channel.
 *
 * - `GET /webhooks/rest/`: `{"status":"ok"}`
 * - `POST /webhooks/rest/webhook`: a JSON array of responses; with `?stream=true` one JSON object a
 *   line as they appear, with `?stream=sse` server-sent events
 * - `POST /webhooks/rest/cancel_background_tasks/<sender>`: ends the turn that runs
 */
export class RestInput extends InputChannel {
  override readonly name: string;
  readonly #options: ResolvedRestOptions;

  /** @throws ConfigurationError - an option is unknown or malformed. */
  constructor(options: RestOptions = {}) {
    super();
    this.#options = resolveOptions(options);
    this.name = this.#options.name;
  }

  /** Takes the options as they are, or `null` for none. */
  static override fromCredentials(credentials: unknown): RestInput {
    if (credentials === null || credentials === undefined) return new RestInput();
    if (!isJsonObject(credentials)) {
      throw new ConfigurationError('its section in the credentials must hold options, or nothing', {
        channel: 'rest',
      });
    }
    // Checked by resolveOptions, key by key.
    return new RestInput(credentials);
  }

  override routes(turns: Turns): Route[] {
    const { cors } = this.#options;
    const routes: Route[] = [
      { method: 'GET', path: '/', handle: (_req, res) => sendJson(res, 200, { status: 'ok' }) },
      {
        method: 'POST',
        path: '/webhook',
        handle: (req, res) => this.#receive(turns, req, res),
      },
      {
        method: 'POST',
        path: `${CANCEL_PATH}*`,
        handle: (req, res) => this.#cancel(turns, req, res),
      },
    ];
    if (cors === false) return routes;
    const preflights = ['/webhook', `${CANCEL_PATH}*`].map((path) => ({
      method: 'OPTIONS',
      path,
      handle: answerPreflight,
    }));
    const prepare: Route['prepare'] = (req, res) => allowOrigin(req, res, cors);
    return [...routes, ...preflights].map((route) => ({ ...route, prepare }));
  }

  async #receive(turns: Turns, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { bodyLimitBytes } = this.#options;
    const subject = await this.#verify(req);
    const body = await readJson(req, { channel: this.name, limitBytes: bodyLimitBytes });
    const parsed = parseBody(this.name, body);
    const { text, inputChannel } = parsed;
    const senderId = bindSender(this.name, subject, parsed.senderId);
    const metadata = this.getMetadata(req, body) ?? parsed.metadata;
    const { headers } = req;
    const message = (outputChannel: OutputChannel): UserMessage =>
      new UserMessage({ text, senderId, outputChannel, inputChannel, metadata, headers });
    const whenGone = clientGone(res);
    const format = streamFormat(queryOf(req).get('stream'));
    if (format === null) {
      const output = withoutState(new CollectingOutputChannel(this.name));
      await this.#answerWhole(res, output, () => turns.run(message(output), { whenGone }));
    } else {
      const output = withoutState(new QueueOutputChannel(this.name));
      await this.#answerAsStream(res, format, output, () =>
        turns.run(message(output), { whenGone }),
      );
    }
  }

  async #answerWhole(
    res: ServerResponse,
    output: CollectingOutputChannel,
    run: () => Promise<void>,
  ): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (isRefusal(this.name, error)) throw error;
      if (this.#options.errors === 'problem') sendTurnProblem(res, error);
      else sendJson(res, 200, output.messages, { 'x-trunkline-turn': 'failed' });
      return;
    }
    sendJson(res, 200, output.messages);
  }

  async #answerAsStream(
    res: ServerResponse,
    format: StreamFormat,
    output: QueueOutputChannel,
    run: () => Promise<void>,
  ): Promise<void> {
    const failed = await streamTurn(res, format, output, run, describeFailure);
    if (failed === null) return;
    if (isRefusal(this.name, failed.error)) throw failed.error;
    if (this.#options.errors === 'problem') sendTurnProblem(res, failed.error);
    else streamFailure(res, format, describeFailure(failed.error));
  }

  async #cancel(turns: Turns, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const subject = await this.#verify(req);
    const senderId = bindSender(this.name, subject, this.#senderInPath(req));
    try {
      const cancelled = await turns.cancel({ senderId: senderId ?? '' });
      sendJson(res, 200, { cancelled });
    } catch {
      sendJson(res, 500, { cancelled: false });
    }
  }

  #senderInPath(req: IncomingMessage): string {
    const path = pathOf(req);
    try {
      return decodeURIComponent(path.slice(path.indexOf(CANCEL_PATH) + CANCEL_PATH.length));
    } catch {
      throw new MalformedPayloadError('the sender in the path is not URL-encoded text', {
        channel: this.name,
      });
    }
  }

  #verify(req: IncomingMessage): Promise<Subject> {
    return verifyCaller(this.name, req.headers, this.#options.auth);
  }
}

/** Nobody sees the output, and nothing here reads the conversation's state from it. */
function withoutState<T extends OutputChannel>(output: T): T {
  output.readsTrackerState = false;
  return output;
}

/** Whether the message was never taken in: an overload of this channel's, not one that an assistant threw. */
function isRefusal(channel: string, error: unknown): boolean {
  return error instanceof OverloadedError && error.channel === channel;
}

function describeFailure(error: unknown): StreamFailure {
  if (error instanceof TurnAbortedError) return { code: error.code, message: error.message };
  return { code: 'turn_failed', message: 'the assistant failed; the log says why' };
}

function sendTurnProblem(res: ServerResponse, error: unknown): void {
  const { code, message } = describeFailure(error);
  sendProblem(res, { status: 500, code, detail: message }, { 'x-trunkline-turn': 'failed' });
}
