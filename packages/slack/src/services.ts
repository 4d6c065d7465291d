import type { Turns } from '@trunkline/core';
import { Abilities } from './abilities.ts';
import { Background } from './background.ts';
import { Clients } from './clients.ts';
import type { ResolvedSlackOptions } from './credentials.ts';
import { Identity } from './identity.ts';
import { Payloads } from './payloads.ts';
import { OpenStreams } from './streams.ts';
import { Threads } from './threads.ts';

/** What the parts of one channel share. */
export interface Services {
  options: ResolvedSlackOptions;
  turns: Turns;
  clients: Clients;
  identity: Identity;
  threads: Threads;
  payloads: Payloads;
  abilities: Abilities;
  streams: OpenStreams;
  background: Background;
}

/** Makes them, over the turns of the line that the channel is in. */
export function createServices(options: ResolvedSlackOptions, turns: Turns): Services {
  const clients = new Clients(options);
  return {
    options,
    turns,
    clients,
    identity: new Identity(options, clients),
    threads: new Threads(turns.store, typeof options.token === 'string'),
    payloads: new Payloads(turns.store),
    abilities: new Abilities(options.clock),
    streams: new OpenStreams(),
    background: new Background(),
  };
}
