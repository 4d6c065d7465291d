import type { Trunkline } from '@trunkline/core';

/** What is served, and a line to try it with. */
export function banner(url: string, line: Trunkline): string {
  const rows = line.channels.map(
    (channel) => `  ${channel.name.padEnd(10)} ${url}/webhooks/${channel.urlPrefix()}/webhook`,
  );
  return `Trunkline serves
${rows.join('\n')}

Say something:
  curl -s ${url}/webhooks/rest/webhook -H 'Content-Type: application/json' -d '{"sender":"me","message":"help"}'
`;
}
