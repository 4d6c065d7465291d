// What Slack sends: direct messages, each of another user in a channel of their own, signed.
import { createHmac } from 'node:crypto';

export const SECRET = '8f742231b10e8888abcd99yyyzzz85a5';
export const TOKEN = 'xoxb-bench';
export const PATH = '/webhooks/slack/webhook';

let count = 0;

/**
 * The request of one event. Its message has never been sent before.
 * @param {number} user
 * @param {number} [teams] - Over how many workspaces the users are spread.
 */
export function eventOf(user, teams = 1) {
  const channel = `D${10_000_000 + user}`;
  const ts = `${1_700_000_000 + Math.floor(++count / 1_000_000)}.${String(count % 1_000_000).padStart(6, '0')}`;
  const team = teams === 1 ? 'T061EG9R6' : `T${10_000_000 + (user % teams)}`;
  const text = `where is my order number ${user}?`;
  const body = JSON.stringify({
    token: 'Z2v8rGkq1nQeXxYd0aBcDeFg',
    team_id: team,
    context_team_id: team,
    context_enterprise_id: null,
    api_app_id: 'A0PNCHHK2',
    event: {
      client_msg_id: `3f1f2a0c-0d0e-4f53-9a4d-${String(count).padStart(12, '0')}`,
      type: 'message',
      text,
      user: `U${10_000_000 + user}`,
      ts,
      blocks: [
        {
          type: 'rich_text',
          block_id: '0tJ',
          elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }],
        },
      ],
      team,
      channel,
      event_ts: ts,
      channel_type: 'im',
    },
    type: 'event_callback',
    event_id: `Ev${count}`,
    event_time: Math.floor(Date.now() / 1000),
    authorizations: [
      {
        enterprise_id: null,
        team_id: team,
        user_id: 'U0LAN0Z89',
        is_bot: true,
        is_enterprise_install: false,
      },
    ],
    is_ext_shared_channel: false,
    event_context: '4-eyJldCI6Im1lc3NhZ2UiLCJ0aWQiOiJUMDYxRUc5UjYifQ',
  });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = createHmac('sha256', SECRET).update(`v0:${timestamp}:${body}`).digest('hex');
  const request =
    `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n` +
    `X-Slack-Request-Timestamp: ${timestamp}\r\nX-Slack-Signature: v0=${signature}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  return { channel, request };
}
