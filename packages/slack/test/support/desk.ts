import { MemoryStore, DeliveryError, type JsonObject, type Turns } from '@trunkline/core';
import { FakeClock } from '@trunkline/testing';
import { readAddress, type SlackAddress } from '../../src/address.ts';
import type { Clients, Team } from '../../src/clients.ts';
import { resolveOptions, type SlackOptions } from '../../src/credentials.ts';
import { platformError } from '../../src/errors.ts';
import { textAt } from '../../src/parse/fields.ts';
import { Pace } from '../../src/pace.ts';
import { Sender } from '../../src/sender.ts';
import { createServices, type Services } from '../../src/services.ts';
import { FakeStreams, markdownOf } from './streams.ts';

/** What a test says to a call: an answer, or the error to throw. */
export type DeskScript = (args: JsonObject, count: number) => JsonObject | Error | undefined;

/** A message as its reader has it. */
export interface Shown {
  ts: string;
  channel: string;
  text: string;
}

/**
 * The inside of a channel with time that a test moves, over streams and messages in memory: nothing but
 * the clock decides when what happens.
 */
export class Desk {
  readonly clock: FakeClock = new FakeClock();
  readonly streams: FakeStreams = new FakeStreams();
  readonly calls: { method: string; args: JsonObject; at: number }[] = [];
  readonly cancelled: unknown[] = [];
  readonly posted: Map<string, Shown> = new Map();
  readonly services: Services;
  readonly #scripts = new Map<string, DeskScript>();
  #count = 0;

  constructor(options: Partial<SlackOptions> = {}) {
    this.streams.now = () => this.clock.now();
    const store = new MemoryStore({ clock: this.clock });
    const turns = {
      // What a channel keeps does not matter here.
      store: { values: store.values, lists: store.lists, signals: store.signals },
      cancel: async (conversation: unknown) => {
        this.cancelled.push(conversation);
        return true;
      },
    } as unknown as Turns;
    const resolved = resolveOptions({
      token: 'xoxb-1',
      signingSecret: 's',
      clock: this.clock,
      ...options,
    });
    this.services = {
      ...createServices(resolved, turns),
      // As much of the clients as is used.
      clients: {
        pace: new Pace('slack', this.clock),
        call: (team: Team, method: string, args: JsonObject) => this.#call(team, method, args),
      } as unknown as Clients,
    };
  }

  sender(address: JsonObject): Sender {
    const read: SlackAddress = readAddress(
      { team: 'T1', ...address },
      { name: 'slack', channel: null, team: null },
    );
    return new Sender(this.services, read);
  }

  on(method: string, script: DeskScript): void {
    this.#scripts.set(method, script);
  }

  of(method: string): JsonObject[] {
    return this.calls.filter((call) => call.method === method).map(({ args }) => args);
  }

  /** Everything that a reader sees, in order. */
  get texts(): string[] {
    return [...this.streams.all.values(), ...this.posted.values()].map(({ text }) => text);
  }

  async #call(_team: Team, method: string, given: JsonObject): Promise<JsonObject> {
    const args = parsed(given);
    this.calls.push({ method, args, at: this.clock.now() });
    const count = this.of(method).length;
    const scripted = this.#scripts.get(method)?.(args, count);
    if (scripted instanceof Error) throw scripted;
    const answer = scripted ?? this.streams.answer(method, args) ?? this.#post(method, args);
    if (answer['ok'] === true) return answer;
    throw platformError('slack', method, answer, null);
  }

  #post(method: string, args: JsonObject): JsonObject {
    const channel = textAt(args, 'channel') ?? '';
    if (method === 'chat.postMessage') {
      const ts = `1800000000.${String(++this.#count).padStart(6, '0')}`;
      this.posted.set(ts, { ts, channel, text: markdownOf(args) });
      return { ok: true, channel, ts };
    }
    const message = this.posted.get(textAt(args, 'ts') ?? '');
    if (method === 'chat.update' || method === 'chat.delete') {
      if (message === undefined) return { ok: false, error: 'message_not_found' };
      if (method === 'chat.delete') this.posted.delete(message.ts);
      else message.text = markdownOf(args);
    }
    return { ok: true };
  }
}

/** A request whose answer never came. */
export function lost(): DeliveryError {
  return new DeliveryError('lost', { retryable: true, mayHaveArrived: true });
}

/** The arguments as Slack reads them. */
function parsed(args: JsonObject): JsonObject {
  const { blocks } = args;
  return typeof blocks === 'string' ? { ...args, blocks: JSON.parse(blocks) as JsonObject } : args;
}
