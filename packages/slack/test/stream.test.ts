import { DeliveryError, type Extra, type JsonObject, type Receipt } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { SlackOutput } from '../src/output.ts';
import { textAt } from '../src/parse/fields.ts';
import { StreamedAnswer } from '../src/stream.ts';
import { Desk, lost } from './support/desk.ts';

const THREAD = { channel: 'C1', thread: '1.0', user: 'U1' };

interface Stream {
  answer: StreamedAnswer;
  receipts: Receipt[];
}

function begin(desk: Desk, address: JsonObject = THREAD, extra: Extra = {}): Stream {
  const receipts: Receipt[] = [];
  const answer = new StreamedAnswer({
    sender: desk.sender(address),
    extra,
    deliver: async (send) => {
      const receipt = await send();
      receipts.push(receipt);
      return receipt;
    },
    onStopped: () => void desk.services.turns.cancel({ senderId: 'U1' }),
  });
  return { answer, receipts };
}

/** Says a text in tokens, so many a second. */
async function say(desk: Desk, { answer }: Stream, list: string[], perSecond = 50): Promise<void> {
  for (const token of list) {
    await answer.add(token);
    await desk.clock.advance(1_000 / perSecond);
  }
  await answer.end();
}

function tokens(count: number, separator = ' '): string[] {
  return Array.from({ length: count }, (_, index) => `w${index}${separator}`);
}

describe('a streamed answer', () => {
  it('of 1,000 tokens at 50 a second takes at most 24 calls, and is seen within about a second', async () => {
    for (const separator of [' ', '\n', '']) {
      const desk = new Desk();
      const stream = begin(desk);
      let said = '';
      let latest = 0;
      for (const token of tokens(1_000, separator)) {
        await stream.answer.add(token);
        said += token;
        await desk.clock.advance(20);
        const shown = desk.texts.join('').length;
        const unseenMs = (said.length - shown) / (said.length / (desk.clock.now() - startOf(desk)));
        latest = Math.max(latest, unseenMs);
      }
      await stream.answer.end();
      expect(desk.texts).toEqual([said]);
      expect(desk.calls.length).toBeLessThanOrEqual(24);
      expect(latest).toBeLessThan(1_300);
    }
  });

  it('that is short takes three calls', async () => {
    const desk = new Desk();
    await say(desk, begin(desk), ['Hello'], 1_000);
    expect(desk.texts).toEqual(['Hello']);
    expect(desk.calls.map(({ method }) => method)).toEqual([
      'chat.startStream',
      'chat.appendStream',
      'chat.stopStream',
    ]);
  });

  it('says in a channel to whom, and in direct messages need not (trap 20)', async () => {
    const desk = new Desk();
    await say(desk, begin(desk, { ...THREAD, userTeam: 'T9' }), ['a']);
    await say(desk, begin(desk, { channel: 'D1', thread: '2.0', user: 'U1' }), ['b']);
    expect(desk.of('chat.startStream')).toEqual([
      { channel: 'C1', thread_ts: '1.0', recipient_user_id: 'U1', recipient_team_id: 'T9' },
      { channel: 'D1', thread_ts: '2.0' },
    ]);
  });

  it('is none of Slack’s in a channel where nobody is known that it is for (trap 20)', async () => {
    const desk = new Desk();
    await say(desk, begin(desk, { channel: 'C1', thread: '1.0' }), ['a']);
    expect(desk.of('chat.startStream')).toEqual([]);
    expect(desk.of('chat.postMessage')).toMatchObject([{ channel: 'C1', thread_ts: '1.0' }]);
  });

  // The story: an answer was to go to another thread under another name, and a text did. As a stream it was said
  // by the bot, where the question was.
  it('goes where a message of the same arguments goes, and by the same name', async () => {
    const desk = new Desk();
    const look = { username: 'Pizza', icon_emoji: ':pizza:' };
    await say(desk, begin(desk, THREAD, { ...look, thread_ts: '9.9', unfurl_links: false }), ['a']);
    await say(desk, begin(desk, { channel: 'C1', user: 'U1' }, { thread_ts: '9.9' }), ['b']);
    const to = { channel: 'C1', recipient_user_id: 'U1', recipient_team_id: 'T1' };
    expect(desk.of('chat.startStream')).toEqual([
      { ...to, thread_ts: '9.9', ...look },
      { ...to, thread_ts: '9.9' },
    ]);
    expect(await desk.services.threads.has({ team: 'T1', channel: 'C1', thread: '9.9' })).toBe(
      true,
    );
  });

  // The story: `channels: { slack: … }` beside a text counted on Slack, and beside a stream nowhere.
  it('takes what is said for Slack alone', async () => {
    const desk = new Desk();
    const output = new SlackOutput(desk.services, desk.sender(THREAD).address);
    const own = { username: 'Pizza', mentions: ['U7'] };
    await output.sendResponseChunkStart('U1', { username: 'All', channels: { slack: own } });
    await output.sendResponseChunk('U1', 'Hello <@U7> ');
    await output.sendResponseChunkEnd();
    expect(desk.of('chat.startStream')).toMatchObject([{ username: 'Pizza' }]);
    expect(desk.texts).toEqual(['Hello <@U7> ']);
  });

  // A stream is in its thread alone, and its text would stand beside blocks that are to stand in its place.
  it('is no stream of Slack’s where the response asks for what a stream cannot be', async () => {
    const blocks = [{ type: 'divider' }];
    for (const extra of [{ reply_broadcast: true }, { blocks }]) {
      const desk = new Desk();
      const buttons = extra.blocks && [{ title: 'More' }];
      await say(desk, begin(desk, THREAD, { ...extra, buttons }), ['Hello ', 'there']);
      expect(desk.of('chat.startStream')).toEqual([]);
      expect(desk.of('chat.postMessage')).toMatchObject([{ thread_ts: '1.0', ...extra }]);
      expect(JSON.stringify(desk.calls)).not.toContain('"actions"');
    }
  });

  it('carries metadata of its own', async () => {
    const desk = new Desk();
    const metadata = { event_type: 'order', event_payload: { id: 1 } };
    await say(desk, begin(desk, THREAD, { metadata }), ['a']);
    expect(desk.of('chat.stopStream')).toMatchObject([{ metadata }]);
  });

  it('says what was said before a pause, without another token', async () => {
    const desk = new Desk();
    const { answer } = begin(desk);
    await answer.add('Let me think');
    await desk.clock.advance(1_000);
    await answer.add(' about it.');
    await desk.clock.advance(1_000);
    expect(desk.texts).toEqual(['Let me think about it.']);
  });

  it('makes one append at a time (trap 19)', async () => {
    const desk = new Desk();
    const { call } = desk.services.clients;
    let open = 0;
    let most = 0;
    desk.services.clients.call = async (...args) => {
      most = Math.max(most, ++open);
      await new Promise<void>((resolve) => void desk.clock.after(2_500, resolve));
      open--;
      return await call(...args);
    };
    const { answer } = begin(desk);
    const adding = answer.add('a ');
    await desk.clock.advance(2_500);
    await adding;
    for (const token of tokens(500)) {
      await answer.add(token);
      await desk.clock.advance(20);
    }
    const ended = answer.end();
    await desk.clock.advance(20_000);
    await ended;
    expect(most).toBe(1);
    expect(desk.texts).toEqual([`a ${tokens(500).join('')}`]);
  });

  it('shares the rate of its workspace with the others', async () => {
    const desk = new Desk();
    const streams = Array.from({ length: 5 }, (_, index) =>
      begin(desk, { ...THREAD, channel: `C${index}` }),
    );
    for (const token of tokens(1_500)) {
      for (const { answer } of streams) await answer.add(token);
      await desk.clock.advance(20);
    }
    for (const { answer } of streams) await answer.end();
    // Half a minute: Slack takes 50.
    expect(desk.of('chat.appendStream').length).toBeLessThanOrEqual(50 + 2 * streams.length);
    expect(desk.texts).toEqual(streams.map(() => tokens(1_500).join('')));
    expect(desk.services.streams.count('T1')).toBe(0);
  });

  it('survives the end that Slack puts to a stream after five minutes (trap 18)', async () => {
    const desk = new Desk();
    const list = tokens(4_000);
    await say(desk, begin(desk), list, 10);
    expect(desk.texts.length).toBe(2);
    expect(desk.texts.join('')).toBe(list.join(''));
  });

  it('opens code again that the end of a stream has cut', async () => {
    const desk = new Desk();
    await say(desk, begin(desk), ['Look:\n```js\n', ...tokens(4_000, '\n'), '```\nDone.'], 10);
    const [first = '', second = ''] = desk.texts;
    expect(second.startsWith('```js\n')).toBe(true);
    expect(first + second.slice('```js\n'.length)).toBe(
      `Look:\n\`\`\`js\n${tokens(4_000, '\n').join('')}\`\`\`\nDone.`,
    );
  });

  // The story: an answer with long code went on in a second message, of which Slack lost a piece. Written anew, it began
  // in the middle of the code without its signs, and what came behind the code was shown as code.
  it.each([
    ['written anew', undefined],
    ['said below, where nothing can be', 'edit_window_closed'],
  ])('opens that code again in what is %s', async (_, error) => {
    const desk = new Desk();
    const list = tokens(4_000, '\n');
    desk.on('chat.appendStream', ({ ts = null }) => {
      const [, second] = desk.streams.all.keys();
      const isOfSecond = ts === second && second !== undefined;
      return isOfSecond && desk.streams.all.get(second)?.text !== '' ? lost() : undefined;
    });
    desk.on('chat.update', () => (error === undefined ? undefined : { ok: false, error }));
    await say(desk, begin(desk), ['```js\n', ...list, '```\nDone.'], 10);
    const last = desk.texts.at(-1) ?? '';
    expect(last.startsWith('```js\nw')).toBe(true);
    expect(last.endsWith('\n```\nDone.')).toBe(true);
    const said = desk.texts.join('\n').match(/w\d+/g);
    expect(said).toEqual(list.map((token) => token.trim()));
  });

  it('goes on in another message where one has no room', async () => {
    const desk = new Desk();
    desk.on('chat.appendStream', (_args, count) =>
      count === 3 ? { ok: false, error: 'msg_too_long' } : undefined,
    );
    await say(desk, begin(desk), tokens(200));
    expect(desk.texts).toHaveLength(2);
    expect(desk.texts.join('')).toBe(tokens(200).join(''));
  });

  // The story: an answer came from its assistant in large pieces. Where one message had no more room, it was cut
  // within a link, and neither message had one.
  it('is cut between words and links where one message has no more room', async () => {
    const desk = new Desk();
    const lengths = new Map<string | null, number>();
    desk.on('chat.appendStream', (args) => {
      const ts = textAt(args, 'ts');
      const length = (lengths.get(ts) ?? 0) + (textAt(args, 'markdown_text')?.length ?? 0);
      if (length > 12_000) return { ok: false, error: 'msg_too_long' };
      lengths.set(ts, length);
      return undefined;
    });
    const links = Array.from(
      { length: 400 },
      (_, index) => `[the page ${index}](https://example.org/p/${index} "of this")`,
    );
    const text = links.join(' and ');
    const stream = begin(desk);
    await stream.answer.add(text);
    await desk.clock.advance(60_000);
    await stream.answer.end();
    expect(desk.texts.length).toBeGreaterThan(1);
    expect(desk.texts.join('')).toBe(text);
    for (const link of links) expect(desk.texts.some((part) => part.includes(link))).toBe(true);
    for (const part of desk.texts.slice(0, -1)) expect(part).toMatch(/\s$/);
  });

  it('that takes nothing is written as a message, and not begun again and again', async () => {
    for (const error of ['message_not_in_streaming_state', 'msg_too_long']) {
      const desk = new Desk();
      desk.on('chat.appendStream', () => ({ ok: false, error }));
      await say(desk, begin(desk), tokens(200));
      expect(desk.of('chat.startStream')).toHaveLength(1);
      expect(desk.texts).toEqual([tokens(200).join('')]);
    }
  });

  it('is no other message where nobody knows whether it has begun', async () => {
    const desk = new Desk();
    desk.on('chat.startStream', () => lost());
    // The turn engine tries it again, or says it whole.
    await expect(say(desk, begin(desk), ['Once upon a time'])).rejects.toMatchObject({
      retryable: true,
    });
    expect(desk.posted.size).toBe(0);
  });

  it('that can go on in no other message goes on in its own', async () => {
    for (const error of ['restricted_action', 'ratelimited']) {
      const desk = new Desk();
      desk.on('chat.startStream', (_args, count) => (count > 1 ? { ok: false, error } : undefined));
      await say(desk, begin(desk), tokens(4_000), 10);
      const text = desk.texts.join(' ').replaceAll(/\s+/g, ' ').trim();
      expect(text).toBe(tokens(4_000).join('').trim());
    }
  });

  it('that is there and cannot be ended yet stays, and is ended later', async () => {
    const desk = new Desk();
    desk.on('chat.stopStream', (_args, count) =>
      count < 3 ? { ok: false, error: 'ratelimited' } : undefined,
    );
    await say(desk, begin(desk, THREAD, { buttons: [{ title: 'More' }] }), tokens(200));
    expect(desk.texts.join('')).toBe(tokens(200).join(''));
    expect(desk.of('chat.postMessage')).toMatchObject([{ blocks: [{ type: 'actions' }] }]);
    await desk.clock.advance(20_000);
    expect([...desk.streams.all.values()]).toMatchObject([{ isOpen: false, blocks: null }]);
    expect(desk.of('chat.stopStream')).toHaveLength(3);
    expect(desk.of('chat.delete')).toEqual([]);
    await desk.services.background.settled();
  });

  it('is ended quietly by the user, and ends the turn', async () => {
    const desk = new Desk();
    desk.on('chat.appendStream', (_args, count) =>
      count === 2 ? { ok: false, error: 'stopped_by_user' } : undefined,
    );
    await say(desk, begin(desk), tokens(200));
    expect(desk.cancelled).toEqual([{ senderId: 'U1' }]);
    expect(desk.calls.at(-1)?.method).toBe('chat.appendStream');
    expect(desk.posted.size).toBe(0);
  });

  // The story: the user stopped an answer whose text was all there. Its buttons then came as a new message, and
  // the turn went on to say more.
  it('is ended quietly by the user also where only its end is left to say', async () => {
    for (const isDoubtful of [false, true]) {
      const desk = new Desk();
      if (isDoubtful) desk.on('chat.appendStream', () => lost());
      desk.on('chat.stopStream', () => ({ ok: false, error: 'stopped_by_user' }));
      await say(desk, begin(desk, THREAD, { buttons: [{ title: 'More' }] }), tokens(20));
      expect(desk.cancelled).toEqual([{ senderId: 'U1' }]);
      expect(desk.of('chat.stopStream')).toHaveLength(1);
      expect(desk.of('chat.update')).toEqual([]);
      expect(desk.posted.size).toBe(0);
    }
  });

  it('is ended quietly by the user also where it would have gone on in another message', async () => {
    const desk = new Desk();
    desk.on('chat.appendStream', (_args, count) =>
      count === 3 ? { ok: false, error: 'msg_too_long' } : undefined,
    );
    desk.on('chat.stopStream', () => ({ ok: false, error: 'stopped_by_user' }));
    await say(desk, begin(desk), tokens(200));
    expect(desk.cancelled).toEqual([{ senderId: 'U1' }]);
    expect(desk.of('chat.startStream')).toHaveLength(1);
    expect(desk.posted.size).toBe(0);
  });

  it('tells the log where the turn cannot be ended that the user has stopped', async () => {
    const told: unknown[] = [];
    const error = (fields: unknown): void => void told.push(fields);
    const logger = { debug() {}, info() {}, warn() {}, error };
    const desk = new Desk({ logger });
    const lostStore = new Error('the store is away');
    desk.services.turns.cancel = async () => {
      throw lostStore;
    };
    desk.on('chat.appendStream', () => ({ ok: false, error: 'stopped_by_user' }));
    const output = new SlackOutput(desk.services, desk.sender(THREAD).address);
    await output.sendResponseChunkStart('U1');
    await output.sendResponseChunk('U1', 'Once upon a time ');
    await output.sendResponseChunkEnd();
    await desk.services.background.settled();
    expect(told).toEqual([{ channel: 'slack', err: lostStore }]);
  });

  it('is written anew where an append may have arrived', async () => {
    const desk = new Desk();
    desk.on('chat.appendStream', (args, count) => {
      if (count !== 2) return undefined;
      desk.streams.answer('chat.appendStream', args);
      return lost();
    });
    const list = tokens(200);
    await say(desk, begin(desk), list);
    expect(desk.texts).toEqual([list.join('')]);
    expect(desk.of('chat.update')).toHaveLength(1);
  });

  it('waits as long as Slack says, and loses nothing', async () => {
    const desk = new Desk();
    const limited = new DeliveryError('slow', {
      retryable: true,
      retryAfterMs: 5_000,
      platformCode: 'ratelimited',
    });
    desk.on('chat.appendStream', (_args, count) => (count === 2 ? limited : undefined));
    await say(desk, begin(desk), tokens(500));
    expect(desk.texts).toEqual([tokens(500).join('')]);
    const [, second = 0, third = 0] = desk.calls
      .filter(({ method }) => method === 'chat.appendStream')
      .map(({ at }) => at);
    expect(third - second).toBeGreaterThanOrEqual(5_000);
  });

  it('says the whole text once, whatever fails and wherever', async () => {
    const methods = [
      'chat.startStream',
      'chat.appendStream',
      'chat.stopStream',
      'chat.postMessage',
      'chat.update',
    ];
    const errors = [
      'internal_error',
      'unknown_method',
      'invalid_chunks',
      'message_not_in_streaming_state',
      'msg_too_long',
      'ratelimited',
      'message_not_found',
    ];
    const text = tokens(300).join('');
    for (const address of [THREAD, { channel: 'C1', user: 'U1' }, { channel: 'D1', user: 'U1' }]) {
      for (const method of methods) {
        for (const error of errors) {
          for (const [at, arrives] of [
            [1, false],
            [2, false],
            [2, true],
            [4, true],
          ] as const) {
            // Other refusals of a post are final.
            if (method === 'chat.postMessage' && error !== 'ratelimited') continue;
            const desk = new Desk();
            desk.on(method, (args, count) => {
              if (count !== at) return undefined;
              // Only where the outcome is unknown may the request have been done.
              if (arrives && error === 'internal_error') desk.streams.answer(method, args);
              return { ok: false, error };
            });
            const stream = begin(desk, address);
            const name = JSON.stringify({ address, method, error, at, arrives });
            let isParked = false;
            try {
              await say(desk, stream, tokens(300));
            } catch (failure) {
              // The turn engine parks it: it takes back what was shown, and says the text whole.
              expect(failure, name).toMatchObject({ retryable: true });
              isParked = true;
            }
            if (isParked) {
              const sender = desk.sender(address);
              desk.on(method, () => undefined);
              for (const receipt of stream.receipts)
                if (receipt['ts']) await sender.takeBack(receipt).catch(() => {});
              await sender.post({ text, blocks: [{ type: 'markdown', text }] }, {}, '');
            }
            expect(desk.texts.join('').replaceAll(/\s/g, ''), name).toBe(
              text.replaceAll(/\s/g, ''),
            );
          }
        }
      }
    }
  });

  it('has its buttons below it', async () => {
    const desk = new Desk();
    await say(desk, begin(desk, THREAD, { buttons: [{ title: 'More', payload: '/more' }] }), [
      'Hello',
    ]);
    expect(desk.of('chat.stopStream')).toMatchObject([
      { blocks: [{ type: 'actions', elements: [{ value: '/more' }] }] },
    ]);
    const edited = new Desk();
    await say(edited, begin(edited, { channel: 'C1' }, { quickReplies: [{ title: 'More' }] }), [
      'Hello',
    ]);
    expect(edited.of('chat.update')).toMatchObject([
      { blocks: [{ type: 'markdown', text: 'Hello' }, { type: 'actions' }] },
    ]);
  });

  it('has its buttons below it also beside a list of no quick replies, as a text has', async () => {
    const desk = new Desk();
    const extra = { quickReplies: [], buttons: [{ title: 'More', payload: '/more' }] };
    await say(desk, begin(desk, THREAD, extra), ['Hello']);
    expect(desk.of('chat.stopStream')).toMatchObject([
      { blocks: [{ type: 'actions', elements: [{ value: '/more' }] }] },
    ]);
  });

  it('is said where a list of no blocks is beside it', async () => {
    for (const place of [THREAD, { channel: 'C1' }]) {
      const desk = new Desk();
      await say(desk, begin(desk, place, { blocks: [] }), ['Hello']);
      expect(desk.texts).toEqual(['Hello']);
    }
  });

  it.each(['Hello', ' '])('keeps payloads that its buttons have no room for: %j', async (text) => {
    const button = { title: 'More', payload: 'x'.repeat(2_001) };
    for (const place of [THREAD, { channel: 'C1' }]) {
      const desk = new Desk();
      await say(desk, begin(desk, place, { buttons: [button] }), [text]);
      const [key = ''] = /trunkline:[\w-]{43}/.exec(JSON.stringify(desk.calls)) ?? [];
      expect(await desk.services.payloads.find(key)).toEqual(button);
    }
  });

  // The story: of 300 links below a stream, all beyond the fifty blocks of a message were cut, and where Slack
  // itself streams, none was there.
  it('has all its links below it, in as many messages as they take', async () => {
    const buttons = Array.from({ length: 300 }, (_, i) => ({
      title: `L${i}`,
      url: `https://example.org/${i}`,
    }));
    const postAt = 1_900_000_000;
    for (const [place, extra] of [
      [THREAD, {}],
      [{ channel: 'C1' }, {}],
      [THREAD, { postAt }],
    ] as const) {
      const desk = new Desk();
      const shown = new Map<unknown, JsonObject[]>();
      const methods = [
        'chat.stopStream',
        'chat.postMessage',
        'chat.update',
        'chat.scheduleMessage',
      ];
      for (const method of methods) {
        desk.on(method, ({ blocks = [], ts = null }, count) => {
          const list = blocks as JsonObject[];
          if (list.length > 50) return { ok: false, error: 'invalid_blocks' };
          shown.set(ts ?? `${method} ${count}`, list);
          return undefined;
        });
      }
      await say(desk, begin(desk, place, { buttons, ...extra }), ['Hello']);
      const urls = [...shown.values()].flat().flatMap((block) => {
        const elements = (block['elements'] ?? []) as JsonObject[];
        return elements.map(({ url }) => url);
      });
      expect(urls).toEqual(buttons.map(({ url }) => url));
    }
  });

  it('that cannot be edited is posted in the end, once', async () => {
    const buttons = [{ title: 'More', payload: '/more' }];
    const postAt = 1_900_000_000;
    for (const [method, extra] of [
      ['chat.postEphemeral', { ephemeral: true, buttons }],
      ['chat.scheduleMessage', { postAt, buttons }],
    ] as const) {
      const desk = new Desk();
      await say(desk, begin(desk, THREAD, extra), tokens(300));
      expect(desk.calls.map((call) => call.method)).toEqual([method]);
      expect(desk.of(method)).toMatchObject([
        { blocks: [{ text: tokens(300).join('') }, { type: 'actions' }] },
      ]);
    }
  });

  it('to a command in direct messages of others goes to the user, and says nothing of streams', async () => {
    const desk = new Desk();
    const refused = { ok: false, error: 'channel_not_found' };
    const elsewhere = ({ channel }: JsonObject): JsonObject | undefined =>
      channel === 'D9' ? refused : undefined;
    for (const method of ['chat.startStream', 'chat.postMessage']) desk.on(method, elsewhere);
    await say(desk, begin(desk, { channel: 'D9', user: 'U1', orDirect: true }), ['Hello']);
    expect([...desk.posted.values()]).toMatchObject([{ channel: 'U1', text: 'Hello' }]);
    await say(desk, begin(desk, { channel: 'D1', user: 'U1' }), ['Hi']);
    expect(desk.of('chat.startStream')).toHaveLength(2);
  });

  it('of white space has its buttons all the same', async () => {
    const desk = new Desk();
    await say(desk, begin(desk, THREAD, { buttons: [{ title: 'More' }] }), [' ', '\n']);
    expect(desk.calls).toMatchObject([
      { method: 'chat.postMessage', args: { blocks: [{ type: 'actions' }] } },
    ]);
  });

  it('pings nobody (trap 25)', async () => {
    const desk = new Desk();
    await say(desk, begin(desk), ['Hi <!cha', 'nnel', '> and ', '<', '@U1> a & b']);
    expect(desk.texts).toEqual(['Hi &lt;!channel&gt; and &lt;@U1&gt; a &amp; b']);
  });

  it('in which nothing comes makes no call', async () => {
    const desk = new Desk();
    await say(desk, begin(desk), ['', ' ', '\n']);
    expect(desk.calls).toEqual([]);
  });
});

describe('where there are no streams', () => {
  it('one message is edited, at most every three seconds (trap 17)', async () => {
    const desk = new Desk();
    const list = tokens(1_000);
    await say(desk, begin(desk, { channel: 'C1', user: 'U1' }), list);
    expect(desk.texts).toEqual([list.join('')]);
    expect(desk.of('chat.startStream')).toEqual([]);
    const times = desk.calls.map(({ at }) => at).slice(0, -1);
    for (const [index, at] of times.entries()) {
      if (index > 0) expect(at - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(3_000);
    }
    expect(times.length).toBeGreaterThan(3);
    for (const { text } of desk.of('chat.update'))
      expect(JSON.stringify(text).length).toBeLessThanOrEqual(4_000);
  });

  it('the message is edited where it is: in the direct messages, not at the user (trap 17)', async () => {
    const desk = new Desk();
    desk.on('chat.postMessage', () => ({ ok: true, channel: 'D77', ts: '1.1' }));
    desk.on('chat.update', () => ({ ok: true }));
    await say(desk, begin(desk, { user: 'U1' }), tokens(400));
    expect(desk.of('chat.postMessage')).toMatchObject([{ channel: 'U1' }]);
    expect(new Set(desk.of('chat.update').map(({ channel }) => channel))).toEqual(new Set(['D77']));
  });

  it('a text that one message has no room for goes on in others', async () => {
    const desk = new Desk();
    const list = tokens(5_000);
    await say(desk, begin(desk, { channel: 'C1' }), list);
    expect(desk.texts.length).toBe(3);
    expect(desk.texts.join(' ').trim()).toBe(list.join('').trim());
  });

  // The story: of an answer that one message has no room for, an edit shows the beginning, and counted as if
  // it showed all. Where the last edit was refused, the rest was lost.
  it.each(['edit_window_closed', 'cant_update_message'])(
    'nothing of it is lost where it cannot be edited any more (%s)',
    async (error) => {
      const list = tokens(5_000);
      for (const [chunks, from] of [
        [list, 1],
        [list, 5],
        [list, 12],
        [[list.join('')], 1],
      ] as const) {
        const desk = new Desk();
        desk.on('chat.update', (_args, count) =>
          count >= from ? { ok: false, error } : undefined,
        );
        await say(desk, begin(desk, { channel: 'C1' }), [...chunks]);
        expect(desk.texts.join(' ').trim().split(/\s+/)).toEqual(list.join('').trim().split(' '));
      }
    },
  );

  it('an edit waits as long as Slack says, and loses nothing', async () => {
    const desk = new Desk();
    const limited = new DeliveryError('slow', {
      retryable: true,
      retryAfterMs: 20_000,
      platformCode: 'ratelimited',
    });
    desk.on('chat.update', (_args, count) => (count === 2 ? limited : undefined));
    const list = tokens(2_000);
    await say(desk, begin(desk, { channel: 'C1' }), list);
    const [, second = 0, third = 0] = desk.calls
      .filter(({ method }) => method === 'chat.update')
      .map(({ at }) => at);
    expect(third - second).toBeGreaterThanOrEqual(20_000);
    expect(desk.texts).toEqual([list.join('')]);
  });

  it('all of it is said anew where somebody has deleted it meanwhile', async () => {
    const desk = new Desk();
    desk.on('chat.update', ({ ts }, count) => {
      if (count < 3) return undefined;
      desk.posted.delete(typeof ts === 'string' ? ts : '');
      return { ok: false, error: 'message_not_found' };
    });
    const list = tokens(1_000);
    await say(desk, begin(desk, { channel: 'C1' }), list);
    expect(desk.texts).toEqual([list.join('')]);
  });

  it('code is opened again in what is said below, where it cannot be edited any more', async () => {
    const desk = new Desk();
    desk.on('chat.update', (_args, count) =>
      count > 2 ? { ok: false, error: 'edit_window_closed' } : undefined,
    );
    const list = tokens(1_000, '\n');
    await say(desk, begin(desk, { channel: 'C1' }), ['```js\n', ...list, '```\nDone.']);
    const [first = '', second = ''] = desk.texts;
    expect(second.startsWith('```js\nw')).toBe(true);
    expect(first + second.slice('```js\n'.length)).toBe(`\`\`\`js\n${list.join('')}\`\`\`\nDone.`);
  });

  it('that is remembered of the workspace', async () => {
    const desk = new Desk();
    desk.on('chat.startStream', () => ({ ok: false, error: 'unknown_method' }));
    await say(desk, begin(desk), ['a']);
    await say(desk, begin(desk), ['b']);
    expect(desk.of('chat.startStream')).toHaveLength(1);
    expect(desk.texts).toEqual(['a', 'b']);
    await desk.clock.advance(61 * 60 * 1_000);
    await say(desk, begin(desk), ['c']);
    expect(desk.of('chat.startStream')).toHaveLength(2);
  });

  it('but a place that cannot be written to is said to be one', async () => {
    const desk = new Desk();
    desk.on('chat.startStream', () => ({ ok: false, error: 'channel_not_found' }));
    await expect(begin(desk).answer.add('a')).rejects.toMatchObject({
      platformCode: 'channel_not_found',
    });
  });
});

function startOf(desk: Desk): number {
  return (desk.calls[0]?.at ?? 0) - 1;
}
