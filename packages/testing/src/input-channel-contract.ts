import assert from 'node:assert/strict';
import { ConfigurationError, InputChannel, isJsonObject } from '@trunkline/core';
import { checksOver, DEFAULT_TIMEOUT_MS, type During, type It } from './checks.ts';
import { addAcceptChecks } from './input-accept-checks.ts';
import { addRequestChecks } from './input-request-checks.ts';
import { addTurnChecks } from './input-turn-checks.ts';
import type { Answer, ChannelRequest } from './http.ts';
import { InputScene } from './input-scene.ts';

/** What {@link inputChannelContract} needs to know. */
export interface InputChannelContractOptions<C extends InputChannel = InputChannel> {
  /** The test runner's `it`. */
  it: It;
  /** Makes the channel, with a platform (or a fake of it) of its own. */
  create: () => C | Promise<C>;
  /**
   * The request with which the platform brings a user's text: signed and valid, with a message id
   * of its own if the platform gives ids. `sender` is one of `senders`.
   */
  message: (text: string, sender: string) => ChannelRequest | Promise<ChannelRequest>;
  /**
   * The same with a signature that is wrong, or none: what anybody could send. It MUST be refused.
   * Checked where it is given; give it wherever the platform signs its requests.
   */
  forged?: (text: string, sender: string) => ChannelRequest | Promise<ChannelRequest>;
  /**
   * What the user got to see, the titles of buttons too: from the answer to the message's request, or
   * from the channel's platform. Every text in it counts, however deep. Checked where it is given.
   */
  replies?: (answer: Answer, channel: C) => unknown;
  /** Three users, by the sender id that the assistant gets. @defaultValue `anna`, `bert`, `carl` */
  senders?: readonly [string, string, string];
  /** A section of `credentials.yml` that the channel can be made from. @defaultValue `null` */
  credentials?: unknown;
  /** How long a check may take, in milliseconds. @defaultValue 4,000 */
  timeoutMs?: number;
}

/** The options as the checks see them: nothing left out, and a way to set the scene. */
export interface InputChecks<C extends InputChannel> {
  options: InputChannelContractOptions<C>;
  senders: readonly [string, string, string];
  open: (during: During) => Promise<InputScene<C>>;
}

/**
 * The contract of an `InputChannel` whose platform makes HTTP requests: registers one test for each
 * thing that platforms, users and the turn engine rely on. The channel is put into a line that
 * listens on a free port, whether it is written with `routes()` or as an Express Router.
 *
 * ```ts
 * import { it } from 'node:test';
 * import { RestInput } from '@trunkline/rest';
 * import { inputChannelContract } from '@trunkline/testing';
 *
 * inputChannelContract({
 *   it,
 *   create: () => new RestInput(),
 *   message: (message, sender) => ({ body: { message, sender } }),
 *   replies: (answer) => JSON.parse(answer.body),
 * });
 * ```
 */
export function inputChannelContract<C extends InputChannel>(
  options: InputChannelContractOptions<C>,
): void {
  const check = checksOver(options.it, options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
  const senders = options.senders ?? ['anna', 'bert', 'carl'];
  const open = (during: During): Promise<InputScene<C>> => InputScene.open(options, during);

  /** The channel without a line around it. */
  const make = async (during: During): Promise<C> => {
    const channel = await options.create();
    during.afterwards(() => closeQuietly(channel));
    return channel;
  };

  check('has a name', async (during) => {
    const { name } = await make(during);
    assert.ok(typeof name === 'string' && name !== '', 'name is not a text, or empty');
  });

  check('has a URL prefix that is a path', async (during) => {
    const prefix = (await make(during)).urlPrefix();
    assert.match(prefix, /^[^\s?#]+$/, 'urlPrefix() is not a path');
  });

  check('is made from credentials', async (during) => {
    const { fromCredentials } = classOf(await make(during));
    const made = fromCredentials(options.credentials ?? null);
    during.afterwards(() => closeQuietly(made));
    assert.ok(made instanceof InputChannel, 'fromCredentials() made no input channel');
    assert.ok(made.name !== '', 'fromCredentials() made a channel without a name');
  });

  check('takes no credentials, or says what is missing', async (during) => {
    const { fromCredentials } = classOf(await make(during));
    try {
      await closeQuietly(fromCredentials(null));
    } catch (error) {
      assert.ok(
        error instanceof ConfigurationError,
        `fromCredentials(null) must throw a ConfigurationError, and threw ${String(error)}`,
      );
    }
  });

  check('answers GET / with {"status":"ok"}', async (during) => {
    const scene = await open(during);
    const { status, body } = await scene.request({ method: 'GET', path: '/' });
    assert.equal(status, 200);
    const health: unknown = JSON.parse(body);
    assert.equal(isJsonObject(health) && health['status'], 'ok', `the answer is ${body}`);
    assert.equal((await scene.request({ method: 'HEAD', path: '/' })).status, 200, 'HEAD /');
  });

  check('closes without an error', async (during) => {
    const scene = await open(during);
    await scene.tell('Hello', senders[0]);
    await scene.over(1);
    await scene.close();
    const failed = scene.failures.filter(({ stage }) => stage === 'close');
    assert.deepEqual(failed, [], 'close() rejected');
  });

  addRequestChecks(check, { options, senders, open });
  addTurnChecks(check, { options, senders, open });
  addAcceptChecks(check, { options, senders, open });
}

function classOf(channel: InputChannel): { fromCredentials: typeof InputChannel.fromCredentials } {
  // Static members are found at an object's constructor, which has no narrower type.
  const { constructor } = channel as { constructor: unknown };
  const made = constructor as typeof InputChannel;
  return { fromCredentials: (credentials) => made.fromCredentials(credentials) };
}

/** Whether a channel closes well is one check's business. */
async function closeQuietly(channel: InputChannel): Promise<void> {
  try {
    await channel.close?.();
  } catch {
    // See there.
  }
}
