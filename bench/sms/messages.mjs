// What Twilio brings, signed; and what each target must make of it.
import { createHmac } from 'node:crypto';

export const ACCOUNT = `AC${'0'.repeat(31)}1`;
export const TOKEN = 'the-auth-token-of-the-benchmark';
export const OUR_NUMBER = '+15550001111';
export const PATH = '/webhooks/sms/webhook';
/** As the targets see it: the driver sends this host, whatever their port. */
const SIGNED_URL = `http://localhost${PATH}`;

/** As many users as a busy number has at a time. */
const USERS = 1_000;

/** The two texts that answer a message. @param {string} text */
export const answersTo = (text) => [`You said: ${text}`, 'Anything else?'];

export const NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response/>';

/** @param {readonly string[]} texts */
export function twimlOf(texts) {
  const messages = texts.map((text) => `<Message><Body>${text}</Body></Message>`).join('');
  return `<?xml version="1.0" encoding="UTF-8"?><Response>${messages}</Response>`;
}

let count = 0;

/** A message that was never brought before, from one user after the other. */
export function nextMessage() {
  const number = ++count;
  const sid = `SM${number.toString(16).padStart(32, '0')}`;
  const from = `+1555${String(7_000_000 + (number % USERS))}`;
  const text = `where is my order number ${number}?`;
  const form = {
    ToCountry: 'US',
    ToState: '',
    SmsMessageSid: sid,
    NumMedia: '0',
    ToCity: '',
    FromZip: '94105',
    SmsSid: sid,
    FromState: 'CA',
    SmsStatus: 'received',
    FromCity: 'SAN FRANCISCO',
    Body: text,
    FromCountry: 'US',
    To: OUR_NUMBER,
    ToZip: '',
    NumSegments: '1',
    MessageSid: sid,
    AccountSid: ACCOUNT,
    From: from,
    ApiVersion: '2010-04-01',
  };
  return { from, text, request: requestOf(form) };
}

/** @param {Record<string, string>} form */
function requestOf(form) {
  const signed = Object.keys(form)
    .toSorted()
    .map((name) => name + form[name])
    .join('');
  const signature = createHmac('sha1', TOKEN)
    .update(SIGNED_URL + signed)
    .digest('base64');
  const body = new URLSearchParams(form).toString();
  return Buffer.from(
    `POST ${PATH} HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n` +
      'User-Agent: TwilioProxy/1.1\r\nAccept: */*\r\n' +
      `X-Twilio-Signature: ${signature}\r\nI-Twilio-Idempotency-Token: 1f0c7d1e\r\n` +
      'Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n' +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
  );
}
