/* Input channels with one fault each. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  CollectingOutputChannel,
  readBody,
  sendJson,
  sendText,
  UserMessage,
  type InputChannel,
  type OutputChannel,
  type Route,
  type Turns,
  type UserMessageOptions,
} from '@trunkline/core';
import { DeferredInput } from '../examples/deferred-input.ts';
import { PostInput, type Posted } from '../examples/post-input.ts';

class Nameless extends PostInput {
  override readonly name = '';
}

class WithoutPrefix extends PostInput {
  override urlPrefix(): string {
    return '';
  }
}

class NeedingOptions extends PostInput {
  readonly token: string;

  constructor(options: { token: string }) {
    super();
    this.token = options.token;
  }
}

class Unhealthy extends PostInput {
  override routes(turns: Turns): Route[] {
    const [, webhook] = super.routes(turns);
    const handle: Route['handle'] = (_req, res) => sendText(res, 200, 'text/plain', 'fine');
    return [{ method: 'GET', path: '/', handle }, ...(webhook ? [webhook] : [])];
  }
}

class Unclosable extends PostInput {
  override async close(): Promise<void> {
    throw new Error('still busy');
  }
}

/** Answers one more method. */
class Answering extends PostInput {
  readonly #method: string;
  readonly #status: number;

  constructor(method = 'DELETE', status = 200) {
    super();
    this.#method = method;
    this.#status = status;
  }

  override routes(turns: Turns): Route[] {
    const handle: Route['handle'] = (_req, res) => sendJson(res, this.#status, {});
    return [...super.routes(turns), { method: this.#method, path: '/webhook', handle }];
  }
}

class TakingAnything extends PostInput {
  override async read(req: IncomingMessage): Promise<unknown> {
    const body = await readBody(req, { channel: this.name, limitBytes: 1024 * 1024 });
    try {
      return JSON.parse(body.toString()) as unknown;
    } catch {
      return { sender: 'nobody', text: body.toString() };
    }
  }
}

class Trusting extends PostInput {
  override parse(body: unknown): Posted {
    // What a cast promises, and nobody keeps.
    const { sender, text } = body as Posted;
    return { sender: sender.toLowerCase(), text: text.trim() };
  }
}

/** Changes the message that it makes. */
class Mistaken extends PostInput {
  readonly #mistake: UserMessageOptions | (() => UserMessageOptions);

  constructor(mistake: UserMessageOptions | (() => UserMessageOptions) = {}) {
    super();
    this.#mistake = mistake;
  }

  override fields(posted: Posted, req: IncomingMessage, output: OutputChannel): UserMessageOptions {
    const mistake = typeof this.#mistake === 'function' ? this.#mistake() : this.#mistake;
    return { ...super.fields(posted, req, output), ...mistake };
  }
}

class Stammering extends PostInput {
  override async receive(turns: Turns, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const posted = this.parse(await this.read(req));
    for (let time = 0; time < 2; time++) {
      const output = new CollectingOutputChannel();
      await turns.run(new UserMessage(this.fields(posted, req, output)));
    }
    sendJson(res, 200, []);
  }
}

class Latin1 extends PostInput {
  override async read(req: IncomingMessage): Promise<unknown> {
    if (req.headers['content-type'] !== 'application/json') return null;
    const body = await readBody(req, { channel: this.name, limitBytes: 64 * 1024 });
    try {
      return JSON.parse(body.toString('latin1')) as unknown;
    } catch {
      return null;
    }
  }
}

class Answerless extends PostInput {
  readonly #when: 'silent' | 'failed';

  constructor(when: 'silent' | 'failed' = 'silent') {
    super();
    this.#when = when;
  }

  override async receive(turns: Turns, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const output = new CollectingOutputChannel();
    const posted = this.parse(await this.read(req));
    try {
      await turns.run(new UserMessage(this.fields(posted, req, output)));
      if (this.#when === 'silent' && output.messages.length === 0) return;
      sendJson(res, 200, output.messages);
    } catch {
      if (this.#when === 'silent') sendJson(res, 200, []);
    }
  }
}

class Telling extends PostInput {
  override async receive(turns: Turns, req: IncomingMessage, res: ServerResponse): Promise<void> {
    await super.receive(turns, req, res).catch((error: unknown) => {
      sendJson(res, 400, { error: String(error) });
    });
  }
}

class OneAtATime extends PostInput {
  #last: Promise<unknown> = Promise.resolve();

  override async receive(turns: Turns, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const mine = this.#last.then(() => super.receive(turns, req, res));
    this.#last = mine.catch(() => {});
    await mine;
  }
}

class Mute extends PostInput {
  override async receive(turns: Turns, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const output = new CollectingOutputChannel();
    const posted = this.parse(await this.read(req));
    await turns.run(new UserMessage(this.fields(posted, req, output)));
    sendJson(res, 200, []);
  }
}

class Forgetful extends DeferredInput {
  override messageId(): string {
    return randomUUID();
  }
}

class SharingOutputs extends DeferredInput {
  #output: OutputChannel | null = null;

  override getOutputChannel(address: Record<string, never>): OutputChannel {
    this.#output ??= super.getOutputChannel(address);
    return this.#output;
  }
}

/** Does not wait for what it calls. */
class Careless extends DeferredInput {
  override async accept(turns: Turns, message: UserMessage, res: ServerResponse): Promise<void> {
    // Caught, so that it does not end the test run as well.
    void turns.accept(message).catch(() => {});
    sendJson(res, 200, {});
  }
}

/** Answers ahead of what it does. */
class Hasty extends DeferredInput {
  override async accept(turns: Turns, message: UserMessage, res: ServerResponse): Promise<void> {
    sendJson(res, 200, {});
    await turns.accept(message);
  }
}

/** Does not look at what becomes of a message. */
class Unheeding extends DeferredInput {
  override async accept(turns: Turns, message: UserMessage, res: ServerResponse): Promise<void> {
    await turns.accept(message);
    sendJson(res, 200, {});
  }
}

/** Blames the platform for what the store did. */
class Blaming extends DeferredInput {
  override async accept(turns: Turns, message: UserMessage, res: ServerResponse): Promise<void> {
    await super.accept(turns, message, res).catch(() => sendJson(res, 400, {}));
  }
}

/** Has marks of its own, set too early. */
class Marking extends DeferredInput {
  readonly #seen = new Set<string>();

  override async accept(turns: Turns, message: UserMessage, res: ServerResponse): Promise<void> {
    if (this.#seen.has(message.messageId)) return sendJson(res, 200, {});
    this.#seen.add(message.messageId);
    await super.accept(turns, message, res);
  }
}

class Gullible extends DeferredInput {
  override verify(): void {}
}

/** Every fault, and the checks that find it. */
export const BROKEN_INPUTS: [fault: string, make: () => InputChannel, finds: string[]][] = [
  ['has no prefix', () => new WithoutPrefix(), ['has a URL prefix that is a path']],
  [
    'needs options',
    () => new NeedingOptions({ token: 'x' }),
    ['is made from credentials', 'takes no credentials, or says what is missing'],
  ],
  ['has another health', () => new Unhealthy(), ['answers GET / with {"status":"ok"}']],
  ['fails to close', () => new Unclosable(), ['closes without an error']],
  ['answers DELETE', () => new Answering(), ['refuses methods that it does not know']],
  [
    'hides what it knows',
    () => new Answering('OPTIONS', 404),
    ['answers OPTIONS with the methods that it knows'],
  ],
  ['takes anything', () => new TakingAnything(), ['answers garbage, and starts no turn']],
  [
    'trusts what comes',
    () => new Trusting(),
    ['answers garbage, and starts no turn', 'answers messages that are spoilt'],
  ],
  [
    'forgets the sender',
    () => new Mistaken({ senderId: null }),
    [
      'hands a message to the assistant, once',
      'lets the messages of one sender be served one after the other',
    ],
  ],
  [
    'gives itself another name',
    () => new Mistaken({ inputChannel: 'somebody else' }),
    ['hands a message to the assistant, once'],
  ],
  [
    'forgets the metadata',
    () => new Mistaken({ metadata: null }),
    ['passes on what getMetadata() finds in the request'],
  ],
  [
    'takes every message for another conversation',
    () => new Mistaken(() => ({ account: randomUUID() })),
    ['lets the messages of one sender be served one after the other'],
  ],
  [
    'has one output channel',
    () => new Mistaken({ outputChannel: new CollectingOutputChannel() }),
    ['gives every turn an output channel of its own', 'brings what the assistant says to the user'],
  ],
  [
    'hands everything on twice',
    () => new Stammering(),
    [
      'answers garbage, and starts no turn',
      'hands a message to the assistant, once',
      'lets the messages of one sender be served one after the other',
      'brings what the assistant says to the user',
    ],
  ],
  ['reads Latin-1', () => new Latin1(), ['hands on a text in any script as it is']],
  [
    'shows errors to everybody',
    () => new Telling(),
    ['answers when the assistant fails, and goes on'],
  ],
  ['drops the answers', () => new Mute(), ['brings what the assistant says to the user']],
];

/** Faults that leave somebody waiting. */
export const HANGING_INPUTS: [fault: string, make: () => InputChannel, finds: string[]][] = [
  [
    'answers only what was said',
    () => new Answerless('silent'),
    ['answers when the assistant says nothing'],
  ],
  [
    'hangs when the assistant fails',
    () => new Answerless('failed'),
    ['answers when the assistant fails, and goes on'],
  ],
  [
    'serves one user at a time',
    () => new OneAtATime(),
    [
      'lets two senders be served side by side',
      'lets the messages of one sender be served one after the other',
    ],
  ],
];

/** The same for a channel whose platform is answered at once. */
export const BROKEN_DEFERRED: [fault: string, make: () => DeferredInput, finds: string[]][] = [
  [
    'takes a repeated message for a new one',
    () => new Forgetful(),
    ['starts one turn for a deferred message that is delivered twice'],
  ],
  [
    'has one output channel for everybody',
    () => new SharingOutputs(),
    ['gives every turn an output channel of its own'],
  ],
];

const HELD = 'answers a deferred message when it is stored, and not before';
const FAILED = 'answers 5xx when a deferred message cannot be stored';
const REFUSED = 'answers 5xx when a deferred message is refused';

/** Faults that lose messages or take false ones, and what the checks that find them say. */
export const LOSING_DEFERRED: [
  fault: string,
  make: () => DeferredInput,
  says: Record<string, string>,
][] = [
  [
    'does not await accept',
    () => new Careless(),
    {
      [HELD]: 'await turns.accept(message), and answer then',
      [FAILED]: 'answered 200: turns.accept() rejected',
      [REFUSED]: "resolved to 'refused'",
    },
  ],
  [
    'answers before accept',
    () => new Hasty(),
    {
      [HELD]: 'await turns.accept(message), and answer then',
      [FAILED]: 'let the error pass, which is answered 500',
      [REFUSED]: 'answer 503 then',
    },
  ],
  [
    'ignores what accept resolves to',
    () => new Unheeding(),
    { [REFUSED]: 'look at what it resolves to, and answer 503 then' },
  ],
  ['answers 400 when the store fails', () => new Blaming(), { [FAILED]: 'answered 400' }],
  [
    'drops what is brought again',
    () => new Marking(),
    {
      [FAILED]: 'for the same message, brought again after it could not be taken in,',
      [REFUSED]: 'for the same message, brought again after it could not be taken in,',
    },
  ],
  [
    'checks no signature',
    () => new Gullible(),
    { 'refuses a forged request': 'throw an UnauthenticatedError' },
  ],
];

/** Has no name, so that no line takes it. */
export const namelessInput = (): PostInput => new Nameless();
