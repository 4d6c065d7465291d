import type { Trunkline } from '@trunkline/core';
import { channelRows } from 'trunkline';

/** What is served, and two ways to try it. */
export function banner(url: string, line: Trunkline): string {
  return `Trunkline serves
${channelRows(url, line)}
Open the chat page:
  ${url}/

or say something here:
  curl -s ${url}/webhooks/rest/webhook -H 'Content-Type: application/json' -d '{"sender":"me","message":"help"}'
`;
}
