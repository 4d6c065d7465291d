import type { Trunkline } from '@trunkline/core';

/** What is served, and two ways to try it. */
export function banner(url: string, line: Trunkline): string {
  const rows = line.channels.map(
    (channel) => `  ${channel.name.padEnd(10)} ${url}/webhooks/${channel.urlPrefix()}/`,
  );
  return `Trunkline serves
${rows.join('\n')}

Open the chat page:
  ${url}/

or say something here:
  curl -s ${url}/webhooks/rest/webhook -H 'Content-Type: application/json' -d '{"sender":"me","message":"help"}'
`;
}
