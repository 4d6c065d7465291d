import type { ServerResponse } from 'node:http';
import { sendText } from '@trunkline/core';

/** Says nothing: what is to be said comes by REST. */
const NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response/>';

/** Takes note of a message, and answers nothing. Any other type than XML would be sent to the user. */
export function acknowledge(res: ServerResponse): void {
  sendText(res, 200, 'text/xml', NOTHING);
}
