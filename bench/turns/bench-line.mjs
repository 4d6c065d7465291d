// A line with the least of a channel whose platform is answered at once.
import { InputChannel, OutputChannel, Trunkline, UserMessage } from '@trunkline/core';
import { Messages, produce } from './messages.mjs';
import { measureAccepts, Meter, times } from './meter.mjs';

/** How many turns may be unfinished: far fewer than are refused. More of them make no store faster. */
export const MOST_UNFINISHED = 64;

/** What the platform says to each of the two texts. */
const RECEIPT = { ts: '1503435956.000247' };

class BenchOutput extends OutputChannel {
  /** @override */
  readsTrackerState = false;
  name = 'bench';
  #onSent;

  /** @param {() => void} onSent */
  constructor(onSent) {
    super();
    this.#onSent = onSent;
  }

  /** @override @param {string} recipientId @param {string} text */
  async sendTextMessage(recipientId, text) {
    await this.deliver({ recipientId, text }, async () => {
      this.#onSent();
      return RECEIPT;
    });
  }
}

class BenchInput extends InputChannel {
  name = 'bench';
  /** @type {{ accept(message: object): Promise<string> } | null} */
  turns = null;
  sent = 0;

  /** @override @param {{ accept(message: object): Promise<string> }} turns */
  routes(turns) {
    this.turns = turns;
    return [];
  }

  /** @override */
  getOutputChannel() {
    return new BenchOutput(() => this.sent++);
  }
}

/** A line, the messages that it is handed, and what is known of their turns. */
export class BenchLine {
  /**
   * From `accept` to the start of the assistant, in milliseconds.
   * @type {number[]}
   */
  startLatenciesMs = [];

  #messages = new Messages();
  #input = new BenchInput();
  #accepted = 0;
  /** Turns that have begun. */
  #started = 0;
  /** Turns that have not ended. */
  #unfinished = 0;
  /**
   * What locks are given after; `null` for nothing.
   * @type {Promise<void> | null}
   */
  #gate = null;
  /** @type {Map<string, number>} */
  #acceptedAt = new Map();
  /** @type {(() => void)[]} */
  #whenEnded = [];
  /** @type {Error | null} */
  #failure = null;

  /**
   * @param {import('@trunkline/core').Store} store
   * @param {Partial<import('@trunkline/core').TrunklineOptions>} [options]
   */
  constructor(store, options) {
    const lock = store.lock.bind(store);
    store.lock = (key, waiting) => {
      const held = lock(key, waiting);
      return this.#gate === null ? held : this.#gate.then(() => held);
    };
    const line = new Trunkline({
      channels: [this.#input],
      assistant: async (message, reply) => {
        this.#noteStart(message.messageId);
        await reply.text(`You said: ${message.text}`);
        await reply.text('Is there anything else that I can do for you?');
      },
      store,
      onTurn: ({ outcome }) => this.#noteEnd(outcome),
      onError: (error) => void (this.#failure ??= error),
      ...options,
    });
    line.start();
  }

  /** Hands the next message over. */
  async accept(message = this.#messages.next()) {
    const { turns } = this.#input;
    this.#unfinished++;
    this.#acceptedAt.set(message.messageId, performance.now());
    const acceptance = await turns?.accept(new UserMessage(message));
    if (acceptance !== 'accepted') throw new Error(`a message was not accepted: ${acceptance}`);
    this.#accepted++;
  }

  /** Resolves when fewer turns are unfinished than may be. */
  async room(most = MOST_UNFINISHED) {
    while (this.#unfinished >= most) {
      await new Promise((resolve) => this.#whenEnded.push(() => resolve(undefined)));
    }
  }

  /** Resolves when every turn has ended. Checks that all was said, and nothing has failed. */
  async idle() {
    await this.room(1);
    if (this.#failure !== null) throw this.#failure;
    const { sent } = this.#input;
    if (sent !== 2 * this.#accepted) {
      throw new Error(`${this.#accepted} messages, and ${sent} texts instead of two of each`);
    }
  }

  /** Handed over as fast as it goes, while no turn can begin: nobody learns that it has its lock. */
  async accepts(
    /** @type {number} */ durationMs,
    /** @type {() => Promise<number>} */ serverCpuUs,
  ) {
    let openGate = () => {};
    return await measureAccepts(durationMs, {
      before: async () => {
        this.#gate = new Promise((resolve) => (openGate = () => resolve(undefined)));
        this.#started = 0;
      },
      hand: (count) => produce(times(count), () => this.accept(this.#messages.inTurn())),
      after: async () => {
        if (this.#started > 0) throw new Error('a turn has begun, and the gate was closed');
        this.#gate = null;
        openGate();
        await this.idle();
      },
      serverCpuUs,
    });
  }

  /** Whole turns, as fast as they go. The latency is from `accept` to the start. */
  async saturated(
    /** @type {number} */ durationMs,
    /** @type {() => Promise<number>} */ serverCpuUs,
  ) {
    const endsAt = performance.now() + durationMs;
    return await this.#measureTurns(serverCpuUs, async () => {
      const isMore = () => performance.now() < endsAt;
      await produce(isMore, async () => {
        await this.room();
        await this.accept();
      });
    });
  }

  /** Whole turns, `perSecond` of them, whatever becomes of those before. */
  async paced(
    /** @type {number} */ durationMs,
    /** @type {number} */ perSecond,
    /** @type {() => Promise<number>} */ serverCpuUs,
  ) {
    return await this.#measureTurns(serverCpuUs, async () => {
      /** @type {Promise<void>[]} */
      const accepting = [];
      const startedAt = performance.now();
      const count = (durationMs / 1000) * perSecond;
      while (accepting.length < count) {
        const due = ((performance.now() - startedAt) / 1000) * perSecond;
        while (accepting.length < Math.min(due, count)) accepting.push(this.accept());
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      await Promise.all(accepting);
    });
  }

  /** @param {() => Promise<number>} serverCpuUs @param {() => Promise<void>} handOver */
  async #measureTurns(serverCpuUs, handOver) {
    const meter = new Meter(serverCpuUs);
    this.startLatenciesMs = [];
    await meter.measure(async () => {
      await handOver();
      await this.idle();
      return this.startLatenciesMs;
    });
    return meter.figures();
  }

  /** @param {string} messageId */
  #noteStart(messageId) {
    this.#started++;
    this.startLatenciesMs.push(performance.now() - (this.#acceptedAt.get(messageId) ?? Number.NaN));
    this.#acceptedAt.delete(messageId);
  }

  /** @param {string} outcome */
  #noteEnd(outcome) {
    if (outcome !== 'answered') this.#failure ??= new Error(`a turn ended as ${outcome}`);
    this.#unfinished--;
    this.#whenEnded.shift()?.();
  }
}
