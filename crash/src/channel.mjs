import { InputChannel, OutputChannel, readJson, sendJson, UserMessage } from '@trunkline/core';

/** @typedef {import('./platform-client.mjs').PlatformClient} PlatformClient */

/** The stub platform's channel: deferred, like that of any platform which delivers again. */
export class StubInput extends InputChannel {
  /** @override */
  name = 'stub';
  #platform;
  #canAsk;

  /** @param {PlatformClient} platform @param {boolean} canAsk */
  constructor(platform, canAsk) {
    super();
    this.#platform = platform;
    this.#canAsk = canAsk;
  }

  /** @override @param {import('@trunkline/core').Turns} turns @returns {import('@trunkline/core').Route[]} */
  routes(turns) {
    return [
      { method: 'GET', path: '/', handle: (_req, res) => sendJson(res, 200, { status: 'ok' }) },
      {
        method: 'POST',
        path: '/webhook',
        handle: async (req, res) => {
          const body = await readJson(req, { channel: this.name, limitBytes: 10_000 });
          const { sender, id, text } = /** @type {Record<string, string>} */ (body);
          const address = { conversation: String(sender) };
          const message = { senderId: sender ?? null, messageId: id ?? null, text: text ?? null };
          const taken = await turns.accept(new UserMessage({ ...message, address }));
          sendJson(res, taken === 'refused' ? 503 : 200, { taken });
        },
      },
    ];
  }

  /** @override @param {import('@trunkline/core').Address} address */
  getOutputChannel(address) {
    // As it was written above.
    const conversation = /** @type {string} */ (address['conversation']);
    return new StubOutput(this.#platform, conversation, this.#canAsk);
  }
}

class StubOutput extends OutputChannel {
  /** @override */
  name = 'stub';
  #platform;
  #conversation;
  #canAsk;

  /** @param {PlatformClient} platform @param {string} conversation @param {boolean} canAsk */
  constructor(platform, conversation, canAsk) {
    super();
    this.#platform = platform;
    this.#conversation = conversation;
    this.#canAsk = canAsk;
  }

  /** @override @param {string} _recipientId @param {string} text */
  async sendTextMessage(_recipientId, text) {
    await this.deliver(
      { conversation: this.#conversation, text },
      (payload, key) => this.#platform.send(payload, key),
      this.#canAsk ? (key) => this.#platform.find(key) : undefined,
    );
  }
}
