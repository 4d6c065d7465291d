import { describe, expect, it } from 'vitest';
import { parseEvent, type EventFinding, type EventOptions } from '../src/parse/events.ts';
import { addressOf, senderId, userMessage, type Parsed } from '../src/parse/parsed.ts';
import { fixture, said } from './support/requests.ts';

const OPTIONS: EventOptions = { listen: 'addressed', channel: null, edits: 'ignore' };
const NOBODY = { userId: null };

function find(name: string, options: Partial<EventOptions> = {}): EventFinding {
  return parseEvent(fixture(name), { ...OPTIONS, ...options }, NOBODY);
}

function parsed(finding: EventFinding): Parsed {
  if (!('parsed' in finding)) throw new Error(`no message: ${JSON.stringify(finding)}`);
  return finding.parsed;
}

describe('an event', () => {
  it('is a direct message', () => {
    expect(parsed(find('message-im'))).toEqual({
      identity: 'T061EG9R6:D024BE91L:1604586653.000200',
      text: 'Hello there',
      choice: null,
      attachments: [],
      place: {
        team: 'T061EG9R6',
        enterprise: null,
        channel: 'D024BE91L',
        ts: '1604586653.000200',
        thread: null,
        user: 'U2147483697',
        userTeam: 'T061EG9R6',
      },
      metadata: {
        out_channel: 'D024BE91L',
        thread_id: '1604586653.000200',
        users: ['U0LAN0Z89'],
        team: 'T061EG9R6',
        event_id: 'Ev01E8K3QF9D',
        ts: '1604586653.000200',
        channel_type: 'im',
        raw_text: 'Hello there',
      },
    });
  });

  it('has the language of its user where Slack says it', () => {
    const envelope = said({ text: 'Hi', channel_type: 'im', user_profile: { locale: 'de-CH' } });
    expect(parsed(parseEvent(envelope, OPTIONS, NOBODY)).metadata).toMatchObject({
      locale: 'de-CH',
    });
  });

  it('is a mention, with the text cleaned and the raw text kept', () => {
    const { text, metadata } = parsed(find('app-mention'));
    expect(text).toBe('what is the weather in #general?');
    expect(metadata['raw_text']).toBe('<@U0LAN0Z89> what is the weather in <#C0LAN2Q65|general>?');
  });

  it('has the same identity as the other event of one post (trap 6)', () => {
    const [mention, message] = [find('app-mention'), find('message-channel')];
    expect(parsed(mention).identity).toBe(parsed(message).identity);
    expect([mention, message]).toMatchObject([{ isMention: true }, { isMention: true }]);
    expect(senderId(parsed(mention).place, 'thread')).toBe(
      senderId(parsed(message).place, 'thread'),
    );
  });

  it.each([
    ['message-file-share', ''],
    ['message-thread-broadcast', 'see above'],
    ['message-me', 'is looking for the bot'],
  ])('is a message of a user in spite of its subtype: %s (trap 8)', (name, text) => {
    expect(find(name)).toMatchObject({ type: 'message', parsed: { text } });
  });

  it.each([
    ['message-own', 'said by a bot'],
    ['message-bot', 'messages of the subtype bot_message are not read'],
    ['message-changed', 'edits are not read'],
    ['message-deleted', 'messages of the subtype message_deleted are not read'],
    ['message-channel-join', 'messages of the subtype channel_join are not read'],
    ['reaction-added', 'events of the type reaction_added are not read'],
  ])('is none of a user’s messages: %s', (name, why) => {
    expect(find(name)).toEqual({ type: 'ignored', why });
  });

  it.each([
    { user: 'U0LAN0Z89' },
    { bot_id: 'B7' },
    { bot_profile: { id: 'B7' } },
    { app_id: 'A0PNCHHK2' },
  ])('is the bot’s own, or another one’s, by any of its marks: %o (trap 7)', (marks) => {
    const envelope = fixture('message-im');
    Object.assign(envelope['event'] as object, marks);
    expect(parseEvent(envelope, { ...OPTIONS, listen: 'all' }, NOBODY).type).toBe('ignored');
  });

  // The story: somebody removed the bot from a channel. Slack told the bot, and the assistant answered to that.
  it('is none where Slack itself tells the bot something', () => {
    const text = 'You have been removed from #general by <@U1>';
    const told = { type: 'message', user: 'USLACKBOT', text, channel: 'D2', channel_type: 'im' };
    expect(parseEvent(said(told), OPTIONS, { userId: null })).toEqual({
      type: 'ignored',
      why: 'said by a bot',
    });
  });

  it('is the bot’s own where the event does not say who the bot is', () => {
    const envelope = fixture('message-im');
    delete envelope['authorizations'];
    const bot = { userId: 'U2147483697' };
    expect(parseEvent(envelope, OPTIONS, bot)).toEqual({ type: 'ignored', why: 'said by a bot' });
    expect(parseEvent(envelope, OPTIONS, NOBODY).type).toBe('message');
  });

  it('is of the person who installed the app, who is no bot', () => {
    const envelope = fixture('message-im');
    envelope['authorizations'] = [{ team_id: 'T1', user_id: 'U2147483697', is_bot: false }];
    expect(parseEvent(envelope, OPTIONS, NOBODY).type).toBe('message');
  });

  it('has files with what is needed to fetch them', () => {
    expect(parsed(find('message-file-share')).attachments).toEqual([
      {
        type: 'image',
        id: 'F0S43P1CZ',
        team: 'T061EG9R6',
        name: 'billair.gif',
        mimeType: 'image/gif',
        sizeBytes: 144538,
        url: 'https://files.slack.com/files-pri/T061EG9R6-F0S43P1CZ/download/billair.gif',
      },
    ]);
  });

  it('of Slack Connect belongs to the installation, not to the sender’s workspace (trap 24)', () => {
    const { place, identity, attachments, metadata } = parsed(find('message-file-connect'));
    expect(place).toMatchObject({ team: 'T061EG9R6', user: 'U9STRANGER', userTeam: 'T9OTHER' });
    expect(identity).toMatch(/^T061EG9R6:/);
    expect(attachments).toEqual([{ type: 'file', id: 'F0S43P1D0', team: 'T061EG9R6' }]);
    expect(metadata).toMatchObject({ shared: true, user_team: 'T9OTHER' });
    expect(addressOf(place, 'auto')).toMatchObject({ team: 'T061EG9R6', userTeam: 'T9OTHER' });
  });

  it('of an installation for a whole organisation names it (trap 24)', () => {
    const envelope = fixture('message-im');
    envelope['authorizations'] = [
      {
        enterprise_id: 'E1',
        team_id: 'T2',
        user_id: 'U0',
        is_bot: true,
        is_enterprise_install: true,
      },
    ];
    const { place } = parsed(parseEvent(envelope, OPTIONS, NOBODY));
    expect(place).toMatchObject({ team: 'T2', enterprise: 'E1' });
    expect(addressOf(place, 'auto')).toMatchObject({ team: 'T2', enterprise: 'E1' });
  });

  it('with equal times in two channels or two workspaces is two messages', () => {
    const ids = ['C1', 'C2'].flatMap((channel) =>
      ['T1', 'T2'].map((team) => {
        const event = said({ channel, ts: '1.0', text: '<@UBOT00001> hi' });
        event['authorizations'] = [{ team_id: team, user_id: 'UBOT00001', is_bot: true }];
        return parsed(parseEvent(event, OPTIONS, NOBODY)).identity;
      }),
    );
    expect(new Set(ids).size).toBe(4);
  });

  it('survives what is not what Slack documents', () => {
    for (const envelope of [
      {},
      { event: null },
      { event: 'message' },
      { event: { type: 'message' } },
      { event: { type: 'message', subtype: 'message_changed' } },
      { event: { type: 'message', text: 'x', user: 1, channel: [], ts: {} }, authorizations: 'x' },
    ]) {
      expect(parseEvent(envelope, { ...OPTIONS, edits: 'message' }, NOBODY).type).toBe('ignored');
    }
  });
});

describe('edits (trap 9)', () => {
  const options = { edits: 'message' } as const;

  it('are messages of their own, if asked for', () => {
    const { identity, text, metadata, place } = parsed(find('message-changed', options));
    expect(identity).toBe('T061EG9R6:D024BE91L:1604586653.000200:edited:1604586700.000000');
    expect(text).toBe('Hello world');
    expect(place.ts).toBe('1604586653.000200');
    expect(metadata).toMatchObject({ edited: true, ts: '1604586653.000200' });
  });

  // The story: somebody who had forgotten to mention the bot added it. Slack tells of such an edit as a mention
  // too, which was a second turn.
  it('that add a mention are one message, though Slack tells of them twice', () => {
    const bot = { userId: 'UBOT00001' };
    const text = 'hi <@UBOT00001>';
    const edited = { user: 'U1', ts: '1700000009.000000' };
    const message = { type: 'message', user: 'U1', text, ts: '1700000001.000100', edited };
    const place = { channel: 'C1', channel_type: 'channel' };
    const changed = { type: 'message', subtype: 'message_changed', message, ts: edited.ts };
    const previous_message = { ...message, text: 'hi' };
    const mention = { ...message, type: 'app_mention', channel: 'C1' };
    const [one, two] = [{ ...changed, ...place, previous_message }, mention].map((event) =>
      parsed(parseEvent({ ...said({}), event }, { ...OPTIONS, ...options }, bot)),
    );
    expect(one?.identity).toMatch(/:1700000001\.000100:edited:1700000009\.000000$/);
    expect(two?.identity).toBe(one?.identity);
    expect(two?.metadata).toMatchObject({ edited: true });
    // Where edits are not read, it is the message, which was said once.
    const unread = parsed(parseEvent({ ...said({}), event: mention }, OPTIONS, bot));
    expect(unread.identity).toMatch(/:1700000001\.000100$/);
    expect(unread.metadata).not.toHaveProperty('edited');
  });

  // The story: where edits are not read, a mention was made nicer a week after it was answered. Slack told of it
  // as a mention, whose mark was long gone, and the bot answered once more.
  it.each([
    ['an hour', 3_600, 'message'],
    ['a week', 7 * 24 * 3_600, 'ignored'],
  ])('that mention the bot after %s are what was said then, or nothing', (_, laterS, type) => {
    const bot = { userId: 'UBOT00001' };
    const edited = { user: 'U1', ts: `${1_700_000_001 + laterS}.000000` };
    const event = { type: 'app_mention', text: 'hi <@UBOT00001>', ts: '1700000001.000100', edited };
    expect(parseEvent(said(event), OPTIONS, bot).type).toBe(type);
    expect(parseEvent(said(event), { ...OPTIONS, ...options }, bot).type).toBe('message');
  });

  // A link that is named, or text that an app adds: the message says that nobody has edited it.
  it('are none where another text is of nobody’s edit', () => {
    const message = { type: 'message', user: 'U1', text: 'Look: <http://a.example|A>', ts: '1.1' };
    const previous_message = { ...message, text: 'Look: <http://a.example>' };
    const changed = { subtype: 'message_changed', message, previous_message };
    expect(parseEvent(said(changed), { ...OPTIONS, ...options }, { userId: null })).toMatchObject({
      type: 'ignored',
      why: 'not an edit by a user',
    });
  });

  // A preview, or a reply in its thread, of a message that somebody has edited before.
  it('are none where the text is what it was', () => {
    const edited = { user: 'U1', ts: '1.2' };
    const message = { type: 'message', user: 'U1', text: 'Look', ts: '1.1', edited };
    const changed = { subtype: 'message_changed', message, previous_message: message };
    expect(parseEvent(said(changed), { ...OPTIONS, ...options }, { userId: null }).type).toBe(
      'ignored',
    );
  });

  it.each(['message-changed-unfurl', 'message-changed-own'])('are none: %s', (name) => {
    expect(find(name, options).type).toBe('ignored');
  });
});

describe('which messages count', () => {
  const bot = { userId: 'UBOT00001' };
  const channel = (event: object, options: Partial<EventOptions> = {}): string =>
    parseEvent(said({ text: 'hi', ...event }), { ...OPTIONS, ...options }, bot).type;

  it('direct messages and mentions', () => {
    expect(channel({ channel: 'D1', channel_type: 'im' })).toBe('message');
    expect(channel({ channel: 'D1', channel_type: undefined })).toBe('message');
    expect(channel({ channel: 'D1', channel_type: 'app_home' })).toBe('message');
    expect(channel({ text: 'hi <@UBOT00001>' })).toBe('message');
    expect(channel({ channel_type: 'mpim', channel: 'G1' })).toBe('ignored');
    expect(channel({})).toBe('ignored');
  });

  it('threads that the bot has begun, and those that have to be looked up', () => {
    expect(channel({ thread_ts: '1.0', parent_user_id: 'UBOT00001' })).toBe('message');
    expect(channel({ thread_ts: '1.0', parent_user_id: 'U1' })).toBe('in_thread');
    expect(channel({ thread_ts: '1.0', ts: '1.0' })).toBe('ignored');
  });

  it('one channel, all of it, and direct messages', () => {
    const options = { channel: 'C1' };
    expect(channel({ channel: 'C1' }, options)).toBe('message');
    expect(channel({ channel: 'C2', text: '<@UBOT00001>x' }, options)).toBe('ignored');
    expect(channel({ channel: 'C2', thread_ts: '1.0' }, options)).toBe('ignored');
    expect(channel({ channel: 'D1', channel_type: 'im' }, options)).toBe('message');
  });

  it('everything', () => {
    expect(channel({}, { listen: 'all' })).toBe('message');
    expect(channel({ channel: 'C2' }, { listen: 'all', channel: 'C1' })).toBe('ignored');
  });

  it('a mention of nothing but the bot is no message', () => {
    expect(channel({ text: '<@UBOT00001>' })).toBe('bare_mention');
    expect(channel({ text: ' ' }, { listen: 'all' })).toBe('ignored');
  });
});

describe('conversations and addresses', () => {
  const { place } = parsed(find('message-thread-broadcast'));

  it('are as fine as asked for', () => {
    expect(senderId(place, 'sender')).toBe('U2147483697');
    expect(senderId(place, 'channel')).toBe('U2147483697_C02BHPVE8');
    expect(senderId(place, 'thread')).toBe('U2147483697_C02BHPVE8_1515449522.000016');
    expect(senderId({ ...place, thread: null, ts: null }, 'thread')).toBe('U2147483697');
    expect(senderId({ ...place, channel: null }, 'channel')).toBe('U2147483697');
  });

  it('lead into a thread always, never, or where the message was in one', () => {
    const root = { ...place, thread: null };
    expect(addressOf(place, 'auto')['thread']).toBe('1515449522.000016');
    expect(addressOf(root, 'auto')['thread']).toBeUndefined();
    expect(addressOf(root, true)['thread']).toBe('1515449700.000300');
    expect(addressOf(place, false)['thread']).toBeUndefined();
  });

  it('are the account’s', () => {
    const options = { conversationGranularity: 'sender', useThreads: 'auto' } as const;
    const message = userMessage(parsed(find('message-im')), options, null);
    expect(message).toMatchObject({
      account: 'T061EG9R6',
      senderId: 'U2147483697',
      messageId: 'T061EG9R6:D024BE91L:1604586653.000200',
      address: { team: 'T061EG9R6', channel: 'D024BE91L', user: 'U2147483697' },
    });
  });
});
