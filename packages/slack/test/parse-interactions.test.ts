import type { JsonObject } from '@trunkline/core';
import { describe, expect, it } from 'vitest';
import { parseCommand, parseInteraction } from '../src/parse/interactions.ts';
import { addressOf } from '../src/parse/parsed.ts';
import { fixture } from './support/requests.ts';

describe('an interaction', () => {
  it('is a click', () => {
    const { messages, type, usesQuickReply } = parseInteraction(fixture('block-actions-button'));
    expect({ type, usesQuickReply }).toEqual({ type: 'block_actions', usesQuickReply: false });
    expect(messages).toMatchObject([
      {
        identity: 'T061EG9R6:12466734323.1395872398.0123456789abcdef:0',
        text: '/small',
        choice: { title: 'Small', payload: '/small', action_id: 'trunkline_0', block_id: 'e4R' },
        place: {
          team: 'T061EG9R6',
          channel: 'D024BE91L',
          ts: '1604586660.000200',
          user: 'U2147483697',
        },
        metadata: {
          out_channel: 'D024BE91L',
          thread_id: '1604586660.000200',
          users: ['U2147483697'],
          type: 'block_actions',
          response_url: 'https://hooks.slack.com/actions/T061EG9R6/1/abc',
        },
      },
    ]);
  });

  // The story: in a channel of Slack Connect, somebody from another company pressed a button. Slack named their
  // workspace, which has no token, and the press was answered by nobody.
  it('below a message of the app’s own is of the workspace that the message is of', () => {
    const payload = fixture('block-actions-button');
    const message = payload['message'] as object;
    const pressed = { ...payload, team: { id: 'TUSER' }, user: { id: 'U1', team_id: 'TUSER' } };
    const teamOf = (changes: object): unknown => {
      const { place } = parseInteraction({ ...pressed, ...changes });
      return place && [place.team, place.userTeam];
    };
    expect(teamOf({})).toEqual(['T061EG9R6', 'TUSER']);
    // The message of a person, or of another app, and one of a whole organisation's say nothing.
    const { app_id: _none, ...persons } = message as { app_id: string };
    expect(teamOf({ message: persons })).toEqual(['TUSER', 'TUSER']);
    expect(teamOf({ message: { ...message, app_id: 'A2' } })).toEqual(['TUSER', 'TUSER']);
    expect(teamOf({ is_enterprise_install: true })).toEqual(['TUSER', 'TUSER']);
    expect(teamOf({ message: { ...message, team: undefined } })).toEqual(['TUSER', 'TUSER']);
    expect(teamOf({ message: { ...message, team: 'E1' } })).toEqual(['TUSER', 'TUSER']);
  });

  // The story: with useThreads, the answer to a click below an ephemeral message went into the thread of a
  // message that does not exist, where nobody could read it.
  it('on what only one user sees is answered beside it, for it has no thread', () => {
    const payload = fixture('block-actions-button');
    const address = (container: object): unknown => {
      const { message: _gone, ...rest } = payload;
      const clicked = { ...rest, container: { ...(payload['container'] as object), ...container } };
      const [found] = parseInteraction(clicked).messages;
      return found && addressOf(found.place, true)['thread'];
    };
    expect(address({})).toBe('1604586660.000200');
    expect(address({ is_ephemeral: true })).toBeUndefined();
    expect(address({ is_ephemeral: true, thread_ts: '1.5' })).toBe('1.5');
  });

  it('keeps Slack’s payload, without the verification token', () => {
    const [message] = parseInteraction(fixture('block-actions-button')).messages;
    const payload = message?.metadata['payload'];
    expect(payload).toMatchObject({ type: 'block_actions', message: { text: 'What size?' } });
    expect(payload).not.toHaveProperty('token');
  });

  it('of a button that opens a page says nothing', () => {
    expect(parseInteraction(fixture('block-actions-link')).messages).toEqual([]);
  });

  // The story: a press of "Q&A" was told to the assistant as "Q&amp;A", since Slack writes what is read of a message
  // as it writes texts. What came back as the payload was as it had been sent.
  it('has the title that is read, as a text is', () => {
    const payload = fixture('block-actions-button');
    const [action] = payload['actions'] as JsonObject[];
    const choice = (changes: JsonObject): unknown => {
      const { messages } = parseInteraction({ ...payload, actions: [{ ...action, ...changes }] });
      return [messages[0]?.choice?.title, messages[0]?.text];
    };
    const text = { type: 'plain_text', text: 'Q&amp;A &lt;3' };
    expect(choice({ text, value: '/q&amp;a' })).toEqual(['Q&A <3', '/q&amp;a']);
    const option = { text, value: 'a&b' };
    expect(choice({ selected_option: option })).toEqual(['Q&A <3', 'a&b']);
    expect(choice({ selected_options: [option, option] })).toEqual(['Q&A <3, Q&A <3', 'a&b,a&b']);
  });

  it('may hold several actions, of every kind', () => {
    const { messages } = parseInteraction(fixture('block-actions-kinds'));
    expect(messages.map(({ text }) => text)).toEqual([
      '/large',
      '/other',
      'a,b',
      '/more',
      '/one',
      'x,y',
      'U123',
      'C123',
      'C456',
      'U1,U2',
      '2026-11-25',
      '18:30',
      '1764095400',
      'typed',
    ]);
    expect(messages[2]?.choice).toMatchObject({ title: 'A, B', values: ['a', 'b'] });
    expect(new Set(messages.map(({ identity }) => identity)).size).toBe(messages.length);
  });

  it('of a set of quick replies is used once, whichever is clicked and how often', () => {
    const payload = fixture('block-actions-quick-reply');
    const first = parseInteraction(payload);
    const identityIn = (block_id: string): string | undefined => {
      const [action] = payload['actions'] as object[];
      const again = { ...payload, trigger_id: 'another', actions: [{ ...action, block_id }] };
      return parseInteraction(again).messages[0]?.identity;
    };
    expect(first.usesQuickReply).toBe(true);
    const [set, other] = ['0123456789abcdef', 'fedcba9876543210'];
    expect(identityIn(`trunkline_quick_${set}_0`)).toBe(first.messages[0]?.identity);
    expect(identityIn(`trunkline_quick_${set}_11`)).toBe(first.messages[0]?.identity);
    expect(identityIn(`trunkline_quick_${other}_0`)).not.toBe(first.messages[0]?.identity);
  });

  it('with a view of a user elsewhere (Slack Connect) is for the workspace of the app', () => {
    const payload = fixture('view-submission');
    Object.assign(payload['view'] as object, { app_installed_team_id: 'T0HOME' });
    Object.assign(payload['user'] as object, { team_id: 'T0OTHER' });
    const [message] = parseInteraction({ ...payload, team: { id: 'T0OTHER' } }).messages;
    expect(message?.place).toMatchObject({ team: 'T0HOME', userTeam: 'T0OTHER' });
  });

  it('is a view with what was filled in', () => {
    const [message] = parseInteraction(fixture('view-submission')).messages;
    expect(message).toMatchObject({
      text: 'order',
      choice: {
        title: 'Order',
        payload: 'order',
        values: { pick: 'large', day: '2026-11-25', text: null, several: ['olives'] },
      },
      place: { channel: null, ts: null, user: 'U2147483697' },
    });
  });

  // The story: an order named one person to be told, and the assistant's list of them was a text.
  it('is a view with lists of whatever may be several, however many were picked', () => {
    const payload = fixture('view-submission');
    const [one, file] = [
      { text: { type: 'plain_text', text: 'One' }, value: 'one' },
      { id: 'F1', name: 'a.png', mimetype: 'image/png' },
    ];
    const values = {
      options: { selected_options: [one] },
      users: { selected_users: ['U1'] },
      conversations: { selected_conversations: ['C1'] },
      channels: { selected_channels: ['C1'] },
      files: { files: [file] },
      nobody: { selected_users: [] },
      noFiles: { files: [] },
      user: { selected_user: 'U1' },
      date: { selected_date_time: 1_700_000_000 },
      rich: { rich_text_value: { type: 'rich_text' } },
      number: { value: null },
    };
    const state = Object.entries(values).map(([id, element]) => [`b_${id}`, { [id]: element }]);
    Object.assign(payload['view'] as object, { state: { values: Object.fromEntries(state) } });
    const [message] = parseInteraction(payload).messages;
    expect(message?.choice?.['values']).toEqual({
      options: ['one'],
      users: ['U1'],
      conversations: ['C1'],
      channels: ['C1'],
      files: [file],
      nobody: [],
      noFiles: [],
      user: 'U1',
      date: 1_700_000_000,
      rich: { type: 'rich_text' },
      number: null,
    });
    const attachment = { type: 'image', id: 'F1', name: 'a.png', mimeType: 'image/png' };
    expect(message?.attachments).toEqual([{ ...attachment, team: message?.place.team }]);
    const { actions } = fixture('block-actions-button');
    const click = { ...payload, type: 'block_actions', actions: actions ?? null };
    expect(parseInteraction(click).messages).toMatchObject([{ attachments: [] }]);
  });

  it.each([
    ['shortcut', 'new_order', null, null],
    ['message-action', 'summarise', 'C02BHPVE8', '1583637000.000100'],
  ])('is a %s', (name, text, channel, thread) => {
    expect(parseInteraction(fixture(name)).messages).toMatchObject([
      { text, choice: { payload: text }, place: { channel, thread } },
    ]);
  });

  it.each(['block-suggestion', 'view-closed'])('that asks for no turn: %s', (name) => {
    expect(parseInteraction(fixture(name)).messages).toEqual([]);
  });

  it('without a trigger is named by the time of its action', () => {
    const payload = fixture('block-actions-button');
    delete payload['trigger_id'];
    const [message] = parseInteraction(payload).messages;
    expect(message?.identity).toBe('T061EG9R6:1604586670.123456:0');
  });

  it('of an installation for a whole organisation may name no workspace (trap 24)', () => {
    const payload = fixture('block-actions-button');
    Object.assign(payload, { team: null, enterprise: { id: 'E1' }, is_enterprise_install: true });
    Object.assign(payload['user'] as object, { team_id: undefined });
    const [message] = parseInteraction(payload).messages;
    expect(message?.place).toMatchObject({ team: 'E1', enterprise: 'E1' });
  });

  it('survives what is not what Slack documents', () => {
    for (const payload of [
      {},
      { type: 'block_actions' },
      { type: 'block_actions', team: { id: 'T1' }, user: { id: 'U1' }, actions: 'x' },
      { type: 'block_actions', team: { id: 'T1' }, user: { id: 'U1' }, actions: [null, {}, 1] },
      { type: 'view_submission', team: 1, user: 2 },
    ]) {
      expect(parseInteraction(payload).messages).toEqual([]);
    }
  });
});

describe('a slash command', () => {
  it('is a message with the command as its choice', () => {
    expect(parseCommand(fixture('slash-command'))).toMatchObject({
      identity: 'T061EG9R6:command:13345224609.738474920.8088930838d88f008e0',
      text: '/weather 94070',
      choice: { title: '/weather', payload: '/weather 94070', command: '/weather' },
      place: { team: 'T061EG9R6', enterprise: null, channel: 'C2147483705', user: 'U2147483697' },
      metadata: { type: 'command', response_url: 'https://hooks.slack.com/commands/1234/5678' },
    });
  });

  it('may have no text', () => {
    expect(parseCommand({ ...fixture('slash-command'), text: '' })?.text).toBe('/weather');
  });

  it('of an installation for a whole organisation names it (trap 24)', () => {
    const form = { ...fixture('slash-command'), is_enterprise_install: 'true' };
    expect(parseCommand(form)?.place).toMatchObject({ team: 'T061EG9R6', enterprise: 'E0001' });
  });

  it('without a user is none', () => {
    expect(parseCommand({ command: '/weather' })).toBeNull();
  });
});
