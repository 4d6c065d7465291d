/** How a channel says what it knows of a request that was under way. */
export type Mode = 'wasSent' | 'assume-sent' | 'resend';

/** Where in a message's way a worker is killed; `send`: in that of one that nobody has asked for. */
export type Moment = 'accept' | 'send' | 'run' | 'between' | 'step' | 'last' | 'start' | 'random';

/**
 * What the platform has seen. `at` is the machine's monotonic clock, the same in every process, in
 * milliseconds; `worker` is one process: one that is started again has another name.
 */
export type PlatformEvent =
  | {
      /** A response of the assistant, or one that nobody has asked for. `isTaken`: the user has got it. */
      kind: 'request';
      at: number;
      worker: string;
      key: string;
      conversation: string;
      text: string;
      isTaken: boolean;
    }
  /** A worker got no answer to a request, and says so. */
  | { kind: 'broken'; at: number; worker: string; key: string }
  /** The assistant begins; `count` is what the conversation's state holds. */
  | { kind: 'start'; at: number; worker: string; conversation: string; id: string; count: number }
  /** The assistant is done. */
  | { kind: 'end'; at: number; worker: string; conversation: string; id: string };

/** A worker that was killed. */
export interface Kill {
  at: number;
  worker: string;
  moment: Moment;
}

/** A message that was acknowledged: a user's, or one that nobody has asked for, by its id. */
export interface Acknowledged {
  at: number;
  /** Who has acknowledged it. */
  worker: string;
  conversation: string;
  id: string;
}

/** Everything that is known of a run when it is over. */
export interface RunRecord {
  mode: Mode;
  events: PlatformEvent[];
  kills: Kill[];
  /** In the order in which they were acknowledged. */
  messages: Acknowledged[];
  /** When Redis was away. */
  outages: { from: number; to: number }[];
}

/** What a run has shown. */
export interface Findings {
  /** What must not be: one sentence each. None is what is wanted. */
  failures: string[];
  messages: number;
  /** Messages that nobody has asked for. */
  proactive: number;
  kills: number;
  /** How often an assistant was run again. */
  reruns: number;
  /** Responses that the user has got once more. */
  repeated: number;
  /** Responses that the user has not got. */
  missing: number;
  /** Requests without an answer that no kill explains: the platform's doing. */
  broken: number;
  /** The longest that a conversation stood still after a kill. */
  worstRecoveryMs: number;
  /** Which one that was. */
  worstRecovery: string;
  /** The same, where nothing else was killed meanwhile. */
  worstUndisturbedMs: number;
}

/** What a run is to be. */
export interface RunOptions {
  store: 'sqlite' | 'redis';
  mode: Mode;
  messages: number;
  conversations: number;
  /** How many workers are killed. */
  kills: number;
  /** How often Redis is. */
  outages: number;
  /** How often a worker's connections to Redis break. */
  cuts: number;
  /** How long a user waits between two messages, about. */
  paceMs: number;
  seed: number;
  /** Whether logs and record are kept where nothing failed. */
  keeps?: boolean;
}

/** A run that is over. */
export interface RunResult extends Findings {
  options: RunOptions;
  record: RunRecord;
  durationMs: number;
  /** How often Redis was killed. */
  outages: number;
  /** Messages that were delivered again after they had been acknowledged. */
  duplicates: number;
  /** Deliveries that were answered 5xx, or not at all. */
  refusals: number;
  /** The longest that a worker took to say that it could not take a message. */
  worstRefusalMs: { accept: number; send: number };
  /** How many were killed at each moment. */
  moments: Partial<Record<Moment, number>>;
  /** The workers' logs and the record; there if something failed, or all are kept. */
  folder: string | null;
}

/** What a worker is told. */
export interface WorkerOptions {
  name: string;
  store: string;
  platform: string;
  mode: Mode;
}

/** What the platform is told. */
export interface PlatformOptions {
  seed: number;
  /** The part of all requests that fails, from 0 to 1. */
  faults: number;
}

/** What the platform is told to kill: who comes next to this moment. */
export interface Trap {
  moment: Moment;
  delayMs: number;
  /** Of a request that is under way: whether the user gets it. */
  isTaken: boolean;
}
