import { connect, emptyTranscript } from '@trunkline/webchat/client';
import { WebSocket } from 'ws';
import { wait } from '../script.mjs';
import { saidAt } from './script.mjs';

/** Somebody at a web chat, with the client that browsers have. */
export class Reader {
  /** How much was said. */
  said = 0;
  /** What is to be seen. */
  transcript = emptyTranscript;

  #chat;
  /** @type {WebSocket | null} */
  #socket = null;

  /** @param {() => string} url - Where the next connection goes. */
  constructor(url) {
    this.#chat = connect({
      url: url(),
      storage: 'none',
      open: () => {
        const socket = new WebSocket(url());
        this.#socket = socket;
        // The client hears that it is over.
        socket.on('error', () => {});
        return socket;
      },
    });
    this.#chat.on('transcript', (transcript) => (this.transcript = transcript));
  }

  /** Says so much, each some time after the one before. @param {number} count @param {() => number} pauseMs */
  async talk(count, pauseMs) {
    while (this.said < count) {
      this.#chat.send(saidAt(this.said++));
      await wait(pauseMs());
    }
  }

  /** Cuts the connection, if there is one. */
  cut() {
    this.#socket?.terminate();
  }

  /** Leaves. */
  close() {
    this.#chat.close();
  }
}
