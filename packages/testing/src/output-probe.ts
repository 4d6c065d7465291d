import assert from 'node:assert/strict';
import type { OutputChannel } from '@trunkline/core';
import type { During } from './checks.ts';
import type { OutputChannelContractOptions, OutputUnderTest } from './output-channel-contract.ts';
import { excerpt, textsIn } from './values.ts';

/** An output channel and what it said. */
export class OutputProbe {
  readonly output: OutputChannel;
  readonly #sent: OutputUnderTest['sent'];

  private constructor({ output, sent }: OutputUnderTest) {
    this.output = output;
    this.#sent = sent;
  }

  /** Makes a channel, and sees to it that it is closed after the check. */
  static async open(
    { create }: OutputChannelContractOptions,
    during: During,
  ): Promise<OutputProbe> {
    const made = await during.waitFor('create()', Promise.resolve(create()));
    during.afterwards(() => made.close?.());
    return new OutputProbe(made);
  }

  /** The payloads that were sent. */
  async sent(): Promise<readonly unknown[]> {
    return await this.#sent();
  }

  /** The texts of each payload that was sent. */
  async payloads(): Promise<string[][]> {
    return (await this.sent()).map(textsIn);
  }

  /** Fails unless each of the parts reached the platform, anywhere. */
  async assertSaid(...parts: string[]): Promise<void> {
    const said = await this.#all();
    for (const part of parts) {
      assert.ok(
        said.includes(part),
        `"${part}" did not reach the platform: sent() gave only: ${excerpt(said)}`,
      );
    }
  }

  /** Fails if the part reached the platform. @param why - What that means. */
  async assertNotSaid(part: string, why?: string): Promise<void> {
    const said = await this.#all();
    const because = why === undefined ? '' : `${why}. `;
    assert.ok(!said.includes(part), `${because}"${part}" reached the platform: ${excerpt(said)}`);
  }

  async #all(): Promise<string> {
    return (await this.payloads()).flat().join('\n');
  }
}
