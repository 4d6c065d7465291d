import { PassThrough } from 'node:stream';
import type { Context } from '../../src/program.ts';

/** A terminal that is none: what goes in, and what came out. */
export interface FakeTerminal extends Context {
  /** What was written to the output. */
  said: () => string;
  /** What was written beside it. */
  complained: () => string;
}

/** Streams without a terminal behind them. */
export function fakeTerminal(input = ''): FakeTerminal {
  const stream = (text?: string): { stream: PassThrough; text: () => string } => {
    const through = new PassThrough();
    if (text !== undefined) through.end(text);
    let written = '';
    const write = through.write.bind(through);
    if (text === undefined) {
      through.write = ((chunk: string) => {
        written += chunk;
        return true;
      }) as typeof write;
    }
    return { stream: through, text: () => written };
  };
  const output = stream();
  const errors = stream();
  return {
    // As much of a terminal's streams as is used where there is none.
    input: stream(input).stream as unknown as NodeJS.ReadStream,
    output: output.stream as unknown as NodeJS.WriteStream,
    errors: errors.stream as unknown as NodeJS.WriteStream,
    endWith() {},
    said: output.text,
    complained: errors.text,
  };
}
