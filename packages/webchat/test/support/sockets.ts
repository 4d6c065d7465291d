import type { ServerFrame } from '@trunkline/websocket/protocol';
import type { WebSocketLike } from '../../src/client.ts';

/** A server's end of one connection, in the hands of a test. Not a real one: it opens when it is told to. */
export class FakeSocket implements WebSocketLike {
  readonly url: string;
  readonly sent: Record<string, unknown>[] = [];
  readyState = 0;
  readonly #listeners: Map<string, (event: never) => void> = new Map();

  constructor(url: string) {
    this.url = url;
  }

  send(data: string): void {
    this.sent.push(JSON.parse(data) as Record<string, unknown>);
  }

  addEventListener(type: string, listener: (event: never) => void): void {
    this.#listeners.set(type, listener);
  }

  close(): void {
    this.readyState = 3;
  }

  /** The connection is there. */
  open(): void {
    this.readyState = 1;
    this.#tell('open', {});
  }

  /** The server says something. */
  say(...frames: ServerFrame[]): void {
    for (const frame of frames) this.sayRaw(JSON.stringify(frame));
  }

  /** The server says something that may be no frame. */
  sayRaw(data: unknown): void {
    this.#tell('message', { data });
  }

  /** The connection is gone. */
  drop(code = 1006): void {
    this.readyState = 3;
    this.#tell('close', { code });
  }

  /** Of the events, the client reads these fields alone. */
  #tell(type: string, event: { data?: unknown; code?: number }): void {
    this.#listeners.get(type)?.(event as never);
  }
}

/** A storage of the browser's shape. */
export class FakeStorage {
  readonly items: Map<string, string> = new Map();

  get length(): number {
    return this.items.size;
  }

  key(i: number): string | null {
    return [...this.items.keys()][i] ?? null;
  }

  getItem(key: string): string | null {
    return this.items.get(key) ?? null;
  }

  setItem(key: string, value: string): void {
    this.items.set(key, value);
  }

  removeItem(key: string): void {
    this.items.delete(key);
  }
}
