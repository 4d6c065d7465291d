import { describe, expect, it } from 'vitest';
import { expectNoUnhandledRejections } from '../../../../scripts/test-support/unhandled.ts';
import { post, say, setUpEngine } from '../support/engine.ts';
import { TextOutput } from '../support/outputs.ts';

expectNoUnhandledRejections();

/** Shows that somebody is at work. */
class BusyOutput extends TextOutput {
  readonly calls: string[] = [];

  override async sendTextMessage(to: string, text: string): Promise<void> {
    this.calls.push(`text ${text}`);
    await super.sendTextMessage(to, text);
  }

  override turnStarted(recipientId: string): void {
    this.calls.push(`started ${recipientId}`);
  }

  override turnEnded(recipientId: string): void {
    this.calls.push(`ended ${recipientId}`);
  }
}

describe('an output channel is told of its turn', () => {
  it('that it begins, and that it is over when all is said', async () => {
    const outputChannel = new BusyOutput();
    const { turns } = setUpEngine((_message, reply) => void reply.text('Hello'));
    await turns.run(say('Hi', { outputChannel }));
    expect(outputChannel.calls).toEqual(['started ada', 'text Hello', 'ended ada']);
  });

  it('in a deferred turn as well', async () => {
    const output = new BusyOutput();
    const { turns, clock } = setUpEngine((_message, reply) => reply.text('Hello'), { output });
    await turns.accept(post('Hi'));
    await clock.advance(0);
    expect(output.calls).toEqual(['started ada', 'text Hello', 'ended ada']);
  });

  it('when the assistant fails', async () => {
    const outputChannel = new BusyOutput();
    const { turns } = setUpEngine(() => {
      throw new Error('oops');
    });
    await expect(turns.run(say('Hi', { outputChannel }))).rejects.toThrow('oops');
    expect(outputChannel.calls).toEqual(['started ada', 'ended ada']);
  });

  it('at once when the turn is ended, and once', async () => {
    const outputChannel = new BusyOutput();
    let finish: () => void = () => {};
    const { turns, clock } = setUpEngine(() => new Promise<void>((resolve) => (finish = resolve)));
    const done = turns.run(say('Hi', { outputChannel })).catch(() => {});
    await clock.advance(0);
    await turns.cancel({ senderId: 'ada' });
    expect(outputChannel.calls).toEqual(['started ada', 'ended ada']);
    finish();
    await done;
    await clock.advance(0);
    expect(outputChannel.calls).toEqual(['started ada', 'ended ada']);
  });

  it('and what it throws is reported, and breaks no turn', async () => {
    const outputChannel = new BusyOutput();
    outputChannel.turnStarted = () => {
      throw new Error('no status');
    };
    const { turns, errors } = setUpEngine((_message, reply) => void reply.text('Hello'));
    await turns.run(say('Hi', { outputChannel }));
    expect(outputChannel.texts).toEqual(['Hello']);
    expect(errors).toMatchObject([{ error: { message: 'no status' }, context: { stage: 'send' } }]);
  });
});
