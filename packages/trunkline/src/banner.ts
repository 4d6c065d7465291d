import type { Trunkline } from '@trunkline/core';

/** The channels that are served, one a line. */
export function channelRows(url: string, line: Trunkline): string {
  return line.channels
    .map((channel) => `  ${channel.name.padEnd(10)} ${url}${channel.mountPath ?? ''}/\n`)
    .join('');
}
