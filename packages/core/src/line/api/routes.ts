import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Route } from '../../channel/input-channel.ts';
import type { TrackerState } from '../../channel/output-channel.ts';
import { TurnAbortedError } from '../../errors.ts';
import { readJson } from '../../http/body.ts';
import { clientGone } from '../../http/client-gone.ts';
import { pathOf, queryOf } from '../../http/path.ts';
import { sendJson } from '../../http/problem.ts';
import type { Telemetry } from '../../telemetry.ts';
import type { Posted, ProactiveOptions } from '../../turns/proactive.ts';
import type { TurnEngine } from '../../turns/turn-engine.ts';
import { authorise } from './authorise.ts';
import { isCallers, ParameterError, sendErrorDocument } from './error-document.ts';
import type { ResolvedApi } from './options.ts';
import { readIntent, readResponse } from './read-body.ts';

/** What the API works with. */
export interface ApiContext {
  api: ResolvedApi;
  engine: TurnEngine;
  telemetry: Telemetry;
}

/** What is asked of a conversation. */
interface Asked {
  req: IncomingMessage;
  conversationId: string;
  body: unknown;
  /** Calls back when nobody waits for the answer any more. */
  whenGone: (callback: () => void) => void;
}

/** Does what is asked, and resolves to the answer. */
type Action = (asked: Asked) => Promise<unknown>;

/** Bytes of a body. */
const BODY_LIMIT_BYTES = 256 * 1024;

/** Characters of an idempotency key. */
const MAX_KEY_LENGTH = 255;

const PREFIX = '/conversations/';

/** How much of the events Rasa is asked for; we have one answer to all but `NONE`. */
const VERBOSITIES = ['NONE', 'APPLIED', 'AFTER_RESTART', 'ALL'];

/**
 * - `POST /conversations/<id>/messages`: sends a response
 * - `POST /conversations/<id>/trigger_intent`: has the assistant answer an intent, as in Rasa
 */
export function apiRoutes(context: ApiContext): Route[] {
  const { proactive } = context.engine;
  return [
    route(context, 'messages', async ({ req, conversationId, body }) => {
      const posted = await proactive.send(conversationId, readResponse(body), optionsOf(req));
      return postedAnswer(posted);
    }),
    route(context, 'trigger_intent', (asked) => trigger(context.engine, asked)),
  ];
}

function route({ api, telemetry }: ApiContext, name: string, act: Action): Route {
  const answer = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const conversationId = conversationIn(pathOf(req), name);
    await authorise(req, api, conversationId);
    const body = await readJson(req, { channel: null, limitBytes: BODY_LIMIT_BYTES });
    const whenGone = clientGone(res);
    sendJson(res, 200, await act({ req, conversationId, body, whenGone }));
  };
  return {
    method: 'POST',
    path: `${PREFIX}*/${name}`,
    async handle(req, res) {
      try {
        await answer(req, res);
      } catch (error) {
        const path = `${PREFIX}…/${name}`;
        if (isCallers(error)) telemetry.logger.warn({ path, code: error.code }, error.message);
        // A client that left, and a shutdown, are nobody's failure; a deadline was reported.
        else if (!(error instanceof TurnAbortedError))
          telemetry.error(error, { channel: null, stage: 'request', path });
        sendErrorDocument(res, error);
      }
    },
  };
}

async function trigger(engine: TurnEngine, asked: Asked): Promise<unknown> {
  const { req, conversationId, body, whenGone } = asked;
  const intent = readIntent(body);
  const options = optionsOf(req);
  const verbosity = verbosityOf(req);
  if (options.channel !== undefined) {
    const { posted, tracker } = await engine.triggerIntent(conversationId, intent, options);
    return { tracker: shown(tracker, verbosity), posted: postedAnswer(posted) };
  }
  if (options.idempotencyKey !== undefined) {
    const why =
      'an answer that is collected is not stored: name an output_channel to repeat safely';
    throw new ParameterError(why, 'Idempotency-Key', 'header');
  }
  if (options.account !== undefined) throw withoutChannel();
  const { tracker, messages } = await engine.collectIntent(conversationId, intent, { whenGone });
  return { tracker: shown(tracker, verbosity), messages };
}

function shown(tracker: TrackerState, verbosity: string): TrackerState {
  return verbosity === 'NONE' ? { ...tracker, events: null } : tracker;
}

function postedAnswer({ status, channel, account, messageId }: Posted): object {
  return { status, channel, account, message_id: messageId };
}

/** The id may hold slashes, as they are or URL-encoded: the action is the last part of the path. */
function conversationIn(path: string, action: string): string {
  const end = path.lastIndexOf(`/${action}`);
  try {
    return decodeURIComponent(path.slice(PREFIX.length, end));
  } catch {
    const why = 'the conversation in the path is not URL-encoded text';
    throw new ParameterError(why, 'conversation_id', 'path');
  }
}

function optionsOf(req: IncomingMessage): ProactiveOptions {
  const query = queryOf(req);
  const options: ProactiveOptions = {};
  const channel = query.get('output_channel');
  const account = query.get('account');
  const key = req.headers['idempotency-key'];
  if (channel) options.channel = channel;
  if (account) options.account = account;
  if (key !== undefined) options.idempotencyKey = idempotencyKey(key);
  return options;
}

function idempotencyKey(header: string | string[]): string {
  if (typeof header === 'string' && header !== '' && header.length <= MAX_KEY_LENGTH) return header;
  const why = `the key must be one text of 1 to ${MAX_KEY_LENGTH} characters`;
  throw new ParameterError(why, 'Idempotency-Key', 'header');
}

function verbosityOf(req: IncomingMessage): string {
  const verbosity = queryOf(req).get('include_events') ?? 'AFTER_RESTART';
  if (VERBOSITIES.includes(verbosity)) return verbosity;
  const why = `include_events must be one of ${VERBOSITIES.join(', ')}`;
  throw new ParameterError(why, 'include_events', 'query');
}

function withoutChannel(): ParameterError {
  return new ParameterError('an account needs its output_channel', 'account', 'query');
}
