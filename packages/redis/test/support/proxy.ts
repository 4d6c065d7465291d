import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** A way to Redis that a test can cut, also between a command and its reply. */
export class Proxy {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** What is in the command whose reply gets lost; `null` for none. */
  #losesReplyTo: string | null = null;
  readonly #losing = new Set<Socket>();
  #frozen = new Set<Socket>();
  /** Whether it turns everybody away who connects. */
  isAway = false;
  /** Whether Redis is told what is sent; `once` until its next reply. */
  #tells: 'always' | 'once' | 'never' = 'always';
  /** How many replies were lost. */
  lost = 0;

  private constructor(target: number) {
    this.#server = createServer((near) => {
      if (this.isAway) near.destroy();
      const far = connect(target, '127.0.0.1');
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.on('data', (data) => {
        if (this.#tells === 'never') return;
        const marker = this.#losesReplyTo;
        if (marker !== null && data.includes(marker)) {
          this.#losesReplyTo = null;
          this.#losing.add(near);
        }
        if (!this.#frozen.has(near)) far.write(data);
      });
      far.on('data', (data) => {
        if (this.#frozen.has(near)) return;
        if (this.#losing.delete(near)) {
          this.lost++;
          near.destroy();
        } else {
          if (this.#tells === 'once') this.#tells = 'never';
          near.write(data);
        }
      });
    });
  }

  static async to(target: number): Promise<Proxy> {
    const proxy = new Proxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening');
    return `redis://127.0.0.1:${address.port}`;
  }

  /**
   * Lets the reply to the next command with this text in it get lost: Redis has done what it was
   * asked, and nobody hears of it.
   */
  loseReplyTo(text: string): void {
    this.#losesReplyTo = text;
  }

  /** Allows one more round trip: what is sent once there has been a reply is lost. */
  allowOneTrip(): void {
    this.#tells = 'once';
  }

  /** Lets nothing more through on the connections that there are: they are dead, and do not know it. */
  freeze(): void {
    this.#frozen = new Set(this.#sockets);
  }

  /** Cuts every connection there is. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async end(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
