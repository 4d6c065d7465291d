import type {
  ErrorContext,
  Handle,
  TrunklineOptions,
  TurnReport,
  UserMessage,
} from '@trunkline/core';
import { startLine, type Answer, type ChannelRequest, type StartedLine } from '@trunkline/testing';
import { SlackInput, type SlackOptions } from '../../src/index.ts';
import { SECRET, Slack, TOKEN } from './slack.ts';

/** Options of a channel whose Slack is the one of a test. */
export function optionsFor(slack: Slack, options: Partial<SlackOptions> = {}): SlackOptions {
  return { token: TOKEN, signingSecret: SECRET, apiUrl: slack.apiUrl, ...options };
}

/** A line with the channel, a Slack of its own, and an assistant that can be told what to do. */
export class Scene {
  readonly slack: Slack;
  readonly channel: SlackInput;
  readonly messages: UserMessage[] = [];
  readonly turns: TurnReport[] = [];
  readonly errors: { error: Error; context: ErrorContext }[] = [];
  /** What the assistant does. */
  assistant: Handle = async () => {};
  #line: StartedLine | null = null;
  #waiting: (() => void)[] = [];

  private constructor(slack: Slack, options: Partial<SlackOptions>) {
    this.slack = slack;
    this.channel = new SlackInput(optionsFor(slack, options));
  }

  static async open(
    options: Partial<SlackOptions> = {},
    lineOptions: Partial<TrunklineOptions> = {},
    given: Slack | null = null,
  ): Promise<Scene> {
    const slack = given ?? (await Slack.open());
    const scene = new Scene(slack, options);
    scene.#line = await startLine({
      channels: [scene.channel],
      assistant: async (message, reply) => {
        scene.messages.push(message);
        scene.#wake();
        await scene.assistant(message, reply);
      },
      onTurn: (report) => {
        scene.turns.push(report);
        scene.#wake();
      },
      onError: (error, context) => void scene.errors.push({ error, context }),
      ...lineOptions,
    });
    // Whose the token is decides about the bot's own posts.
    await scene.channel.ready().catch(() => {});
    return scene;
  }

  get line(): StartedLine['line'] {
    return this.#started.line;
  }

  get url(): string {
    return `${this.#started.url}/webhooks/slack`;
  }

  get #started(): StartedLine {
    if (this.#line === null) throw new Error('not open');
    return this.#line;
  }

  /** Makes a request to the channel. */
  async request({ path = '/webhook', ...request }: ChannelRequest): Promise<Answer> {
    const { method = 'POST', headers = {}, body } = request;
    const response = await fetch(this.url + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body: body as string }),
    });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: await response.text(),
    };
  }

  /** Resolves when so many turns are over. */
  async over(count = 1): Promise<void> {
    await this.until(() => this.turns.length >= count);
  }

  /** Resolves when the condition holds, which is looked at whenever something has happened. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The texts that the assistant was told. */
  get said(): (string | null)[] {
    return this.messages.map(({ text }) => text);
  }

  async close(): Promise<void> {
    await this.#line?.close();
    await this.slack.close();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
