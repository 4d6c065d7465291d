import { DeliveryError, OutputChannel, type Receipt, type WasSent } from '@trunkline/core';

/** A request that a platform has got. */
export interface Arrived {
  key: string;
  to: string;
  text: string;
}

/** A stub of a platform, which writes down what it gets. A test says what goes wrong. */
export class Platform {
  readonly arrived: Arrived[] = [];
  /** The keys of all requests that were made, whether they arrived or not. */
  readonly tried: string[] = [];
  /** The keys that it was asked for. */
  readonly asked: string[] = [];
  /** Since when it was to look for them. */
  readonly askedSince: number[] = [];
  /** Ahead of a request: where this throws, it has not arrived. */
  onRequest: (request: Arrived) => unknown = () => {};
  /** After a request has arrived: where this throws, its answer is lost. */
  onArrived: (request: Arrived) => unknown = () => {};
  /** When it is asked. */
  onAsked: () => unknown = () => {};

  get texts(): string[] {
    return this.arrived.map(({ text }) => text);
  }

  /** Makes a request. That of a process that dies meanwhile does not arrive. */
  async post(request: Arrived, isDead: () => boolean = () => false): Promise<Receipt> {
    this.tried.push(request.key);
    await this.onRequest(request);
    if (isDead()) return await new Promise<never>(() => {});
    this.arrived.push(request);
    await this.onArrived(request);
    return { ts: String(this.arrived.length) };
  }

  async find(key: string, since: number): Promise<Receipt | null> {
    this.asked.push(key);
    this.askedSince.push(since);
    await this.onAsked();
    return this.arrived.some((request) => request.key === key) ? { found: key } : null;
  }
}

/** Says a text by `deliver`, in several requests where it has several lines. */
export class PlatformOutput extends OutputChannel {
  readonly name: string = 'platform';

  readonly #platform: Platform;
  readonly #canBeAsked: boolean;
  readonly #isDead: () => boolean;

  constructor(platform: Platform, canBeAsked = false, isDead: () => boolean = () => false) {
    super();
    this.#platform = platform;
    this.#canBeAsked = canBeAsked;
    this.#isDead = isDead;
  }

  async sendTextMessage(to: string, text: string): Promise<void> {
    for (const line of text.split('\n')) await this.post(to, line);
  }

  protected async post(to: string, line: string): Promise<Receipt> {
    const find: WasSent = (key, since) => this.#alive(() => this.#platform.find(key, since));
    return await this.deliver(
      line,
      (text, key) => this.#alive(() => this.#platform.post({ key, to, text }, this.#isDead)),
      this.#canBeAsked ? find : undefined,
    );
  }

  /** A process that is dead makes no request, and gets no answer. */
  async #alive<T>(request: () => Promise<T>): Promise<T> {
    if (this.#isDead()) return await new Promise<never>(() => {});
    try {
      return await request();
    } finally {
      if (this.#isDead()) await new Promise<never>(() => {});
    }
  }
}

/** The platform could not be reached: nothing has arrived. */
export function away(retryAfterMs: number | null = null): DeliveryError {
  return new DeliveryError('the platform is away', { retryable: true, retryAfterMs });
}

/** The answer never came. */
export function unanswered(): DeliveryError {
  return new DeliveryError('no answer', { retryable: true, mayHaveArrived: true });
}

/** The platform will never take it. */
export function refused(): DeliveryError {
  return new DeliveryError('the user has blocked us');
}

/** Throws this the first `times` times. */
export function failing(error: () => Error, times: number = Number.POSITIVE_INFINITY): () => void {
  let left = times;
  return () => {
    if (left-- > 0) throw error();
  };
}
