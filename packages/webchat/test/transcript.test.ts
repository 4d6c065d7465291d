import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LoggedFrame, ServerFrame } from '@trunkline/websocket/protocol';
import { emptyTranscript, transcript, type Transcript } from '../src/transcript.ts';

const recipient = { recipient_id: 'me' };

const after = (frames: ServerFrame[], before: Transcript = emptyTranscript): Transcript =>
  frames.reduce((state, frame) => transcript(state, { type: 'received', frame }), before);

const said = (before: Transcript, id: string, text: string): Transcript =>
  transcript(before, { type: 'said', id, text });

const session = (name: string, seq = 0): ServerFrame => ({
  type: 'session',
  session: name,
  token: 't',
  seq,
  resumed: true,
});
const text = (seq: number): LoggedFrame => ({
  type: 'text',
  id: `m${seq}`,
  seq,
  text: `${seq}`,
  ...recipient,
});
const start = (id: string, seq: number): LoggedFrame => ({
  type: 'stream_start',
  id,
  seq,
  ...recipient,
});
const end = (id: string, seq: number, whole: string): LoggedFrame => ({
  type: 'stream_end',
  id,
  seq,
  text: whole,
  ...recipient,
});
const piece = (id: string, offset: number, chunk: string): ServerFrame => ({
  type: 'stream_chunk',
  id,
  offset,
  chunk,
  ...recipient,
});
const user = (seq: number, clientId: string, words: string): LoggedFrame => ({
  type: 'user',
  id: `user:${clientId}`,
  client_id: clientId,
  seq,
  text: words,
  ...recipient,
});

const keys = ({ entries }: Transcript): string[] => entries.map(({ key }) => key);

describe('the transcript', () => {
  it('has every message once, in the order of the server', () => {
    expect(keys(after([session('s'), text(1), text(3), text(3), text(2), text(1)]))).toEqual([
      'm1',
      'm2',
      'm3',
    ]);
  });

  it('puts what the server has not placed yet at the end, and then where it belongs', () => {
    let state = said(after([session('s'), text(1)]), 'a', 'Hi');
    state = after([text(2)], state);
    expect(keys(state)).toEqual(['m1', 'm2', 'user:a']);
    state = after([{ type: 'ack', id: 'a', seq: 3 }, text(4)], state);
    expect(keys(state)).toEqual(['m1', 'm2', 'user:a', 'm4']);
    expect(state.entries[2]).toMatchObject({ status: 'sent', seq: 3 });
  });

  it('merges what other tabs and the log say with our own', () => {
    let state = said(after([session('s')]), 'a', 'Hi');
    state = after(
      [user(1, 'b', 'from the other tab'), user(2, 'a', 'Hi'), user(2, 'a', 'Hi')],
      state,
    );
    expect(state.entries).toMatchObject([
      { kind: 'user', text: 'from the other tab', status: 'sent' },
      { kind: 'user', text: 'Hi', status: 'sent' },
    ]);
  });

  it('lets a stream grow, and replaces it by its end', () => {
    let state = after([session('s'), start('x', 1), piece('x', 0, 'One '), piece('x', 4, 'tow')]);
    expect(state.entries).toMatchObject([{ text: 'One tow', state: 'open' }]);
    // What stands beyond the offset is replaced; a hole is waited for; what comes late is too late.
    state = after([piece('x', 4, 'two'), piece('x', 99, 'hole')], state);
    expect(state.entries).toMatchObject([{ text: 'One two' }]);
    state = after([end('x', 2, 'One two three'), piece('x', 0, 'late')], state);
    expect(state.entries).toMatchObject([{ text: 'One two three', state: 'done', seq: 1 }]);
  });

  it('marks a stream that was stopped, until it is known to go on elsewhere', () => {
    const ended = { ...recipient, type: 'stream_end', id: 'x', text: 'Once' } as const;
    const stopped = after([start('x', 1), { ...ended, seq: 2, stopped: true }]);
    expect(stopped.entries).toMatchObject([{ state: 'stopped', text: 'Once' }]);
    const cut = { ...ended, seq: 3, interrupted: true } as const;
    expect(after([cut], stopped).entries).toMatchObject([{ state: 'interrupted' }]);
  });

  it('marks a stream that was interrupted', () => {
    const cut = { ...end('x', 2, 'One'), interrupted: true } as ServerFrame;
    expect(after([start('x', 1), cut]).entries).toMatchObject([
      { text: 'One', state: 'interrupted' },
    ]);
  });

  it('shows what is missing, and where', () => {
    const state = after([session('s'), text(1), { type: 'gap', missing: 3 }, text(5)]);
    expect(state.entries).toMatchObject([{ seq: 1 }, { kind: 'gap', missing: 3 }, { seq: 5 }]);
  });

  it('begins anew in another session, below what is there', () => {
    let state = said(after([session('s'), text(7), start('x', 8)]), 'a', 'Hi');
    state = after([session('other'), text(1)], state);
    expect(state.entries).toMatchObject([
      { key: 'm7' },
      { key: 'x', state: 'interrupted' },
      { kind: 'anew' },
      { key: 'm1' },
      { key: 'user:a', status: 'pending' },
    ]);
    expect(state.seq).toBe(1);
  });

  it('says once that it begins anew, also after sessions in which nothing was said', () => {
    const state = after([session('s'), text(7), session('b'), session('c'), text(1)]);
    expect(keys(state)).toEqual(['m7', 'anew:1', 'm1']);
    const later = after([session('d'), text(2)], state);
    expect(keys(later)).toEqual(['m7', 'anew:1', 'm1', 'anew:3', 'm2']);
  });

  it('goes on below where the log of a session was lost and counts from 1 again', () => {
    const other: LoggedFrame = { ...text(1), id: 'other' };
    const anew = true as const;
    const state = after([session('s'), text(7), { type: 'gap', missing: null, anew }, other]);
    expect(keys(state)).toEqual(['m7', 'gap:0:7', 'other']);
    expect(state.seq).toBe(1);
    const whole = after([session('s'), text(7), { type: 'gap', missing: 0, anew }, other]);
    expect(keys(whole)).toEqual(['m7', 'other']);
    expect(whole.seq).toBe(1);
  });

  it('says why a message failed, until it is tried again', () => {
    let state = said(emptyTranscript, 'a', 'Hi');
    state = transcript(state, { type: 'failed', id: 'a', code: 'refused', error: 'no' });
    expect(state.entries).toMatchObject([{ status: 'failed', error: 'no' }]);
    state = transcript(state, { type: 'retried', id: 'a' });
    expect(state.entries).toMatchObject([{ status: 'pending', error: null }]);
  });
});

/** A server with a log and streams, whose connection may drop at any moment. */
class Server {
  readonly log: LoggedFrame[] = [];
  readonly open = new Map<string, string>();
  readonly whole = new Map<string, string>();
  client: Transcript = after([session('s')]);
  isConnected = true;

  say(frame: LoggedFrame): void {
    this.log.push(frame);
    this.#tell(frame);
  }

  grow(id: string, chunk: string): void {
    const before = this.open.get(id) ?? '';
    this.open.set(id, before + chunk);
    this.#tell(piece(id, before.length, chunk));
  }

  resume(repeat: number): void {
    this.isConnected = true;
    const { seq } = this.client;
    this.#tell(session('s', seq));
    for (const frame of this.log) if (frame.seq > seq - repeat) this.#tell(frame);
    for (const [id, growing] of this.open) this.#tell(piece(id, 0, growing));
  }

  #tell(frame: ServerFrame): void {
    if (this.isConnected) this.client = after([frame], this.client);
  }
}

const steps = fc.array(
  fc.oneof(
    { weight: 2, arbitrary: fc.constant({ do: 'say' as const }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('start' as const), id: fc.nat(3) }) },
    {
      weight: 8,
      arbitrary: fc.record({
        do: fc.constant('grow' as const),
        id: fc.nat(3),
        chunk: fc.string({ unit: 'binary', minLength: 1, maxLength: 5 }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('end' as const), id: fc.nat(3) }) },
    { weight: 2, arbitrary: fc.constant({ do: 'cut' as const }) },
    { weight: 3, arbitrary: fc.record({ do: fc.constant('resume' as const), repeat: fc.nat(4) }) },
  ),
  { maxLength: 120 },
);

describe('whatever is cut and resumed', () => {
  it('every stream ends with exactly its text, and every message is there once, in order', () => {
    fc.assert(
      fc.property(steps, (script) => {
        const server = new Server();
        let seq = 0;
        const names = new Map<number, string>();
        for (const step of script) {
          if (step.do === 'say') server.say(text(++seq));
          else if (step.do === 'cut') server.isConnected = false;
          else if (step.do === 'resume') server.resume(step.repeat);
          else if (step.do === 'start') {
            if (names.has(step.id)) continue;
            const id = `stream${++seq}`;
            names.set(step.id, id);
            server.open.set(id, '');
            server.say(start(id, seq));
          } else {
            const id = names.get(step.id);
            if (id === undefined) continue;
            if (step.do === 'grow') server.grow(id, step.chunk);
            else {
              names.delete(step.id);
              const whole = server.open.get(id) ?? '';
              server.open.delete(id);
              server.whole.set(id, whole);
              server.say(end(id, ++seq, whole));
            }
          }
        }
        if (!server.isConnected) server.resume(0);
        const { entries } = server.client;
        const firsts = server.log.filter(({ type }) => type !== 'stream_end');
        expect(entries.map(({ key }) => key)).toEqual(firsts.map(({ id }) => id));
        for (const entry of entries) {
          if (entry.kind !== 'stream') continue;
          expect(entry.text).toBe(server.whole.get(entry.key) ?? server.open.get(entry.key));
          expect(entry.state).toBe(server.open.has(entry.key) ? 'open' : 'done');
        }
      }),
      { numRuns: 500 },
    );
  });
});
