import { ConfigurationError, StoreError, TrunklineError } from '@trunkline/core';
import { explainTls } from './tls.ts';

const NAME = 'redis';
const DIFFER = 'partitions_differ';

/** Replies that are over when Redis has loaded its data, has done a slow script, or its cluster has settled. */
const PASSING = ['LOADING', 'BUSY', 'CLUSTERDOWN', 'TRYAGAIN', 'MASTERDOWN', 'READONLY'];

/** What Redis says where its user may not do what a script does. */
const NOT_IN_SCRIPTS = /^ERR .*The user executing the script can't /;

/** What went wrong in the end: what a cluster says when none of its nodes would do has that of the last one. */
function innermost(thrown: unknown): Error | null {
  if (!(thrown instanceof Error)) return null;
  if ('lastNodeError' in thrown && thrown.lastNodeError !== thrown) {
    return innermost(thrown.lastNodeError);
  }
  return thrown;
}

/** The word that a reply of Redis begins with; `null` if the error is none. */
function replyCode(thrown: unknown): string | null {
  const error = innermost(thrown);
  if (error === null) return null;
  const { message } = error;
  if (NOT_IN_SCRIPTS.test(message)) return 'NOPERM';
  // Redis 6.2 has what a script met at the end of a sentence.
  const code =
    /^(?:Ready check failed: )?(?:\w*Error: )?(?:ERR Error running script .*: -)?([A-Z]{3,}) /;
  const found = code.exec(message)?.[1];
  if (found !== undefined) return found;
  return error.name === 'ReplyError' ? 'ERR' : null;
}

/** What Redis says that its user may not do, without the key that it was to be done to. */
function refusedIn(thrown: unknown): string {
  const command = /the '([\w|-]+)' command/.exec(innermost(thrown)?.message ?? '')?.[1];
  return command === undefined ? 'do what it needs' : `run ${command.toUpperCase()}`;
}

/** What keeps TLS from being set up, if that is what went wrong. */
function tlsError(thrown: unknown, where: string): ConfigurationError | null {
  const error = innermost(thrown);
  return error === null ? null : explainTls(error, where);
}

/** Whether the same command may do when it is sent again: the connection broke, or Redis is not yet there. */
export function isPassing(thrown: unknown): boolean {
  if (thrown instanceof TrunklineError) return false;
  const code = replyCode(thrown);
  if (code !== null) return PASSING.includes(code);
  return tlsError(thrown, '') === null;
}

/** What Redis or the connection says, as what to do about it. Errors of ours are left as they are. */
export function explain(thrown: unknown, where: string): TrunklineError {
  if (thrown instanceof TrunklineError) return thrown;
  const tls = tlsError(thrown, where);
  if (tls !== null) return tls;
  const code = replyCode(thrown);
  const cause = withoutCommand(thrown);
  switch (code) {
    case 'NOAUTH':
    case 'WRONGPASS':
      return new ConfigurationError(
        `${where} does not let this server in: check user and password in the URL`,
        { channel: NAME, code: 'not_let_in', cause },
      );
    case 'NOPERM':
      return new ConfigurationError(
        `${where} lets this server in, but not ${refusedIn(thrown)}: give its user all commands on ` +
          'the keys and channels of the prefix, INFO and SCRIPT included',
        { channel: NAME, code: 'not_allowed', cause },
      );
    case 'OOM':
      return failed(`${where} has reached its maxmemory, and nothing more can be stored`, cause);
    case 'MISCONF':
      return failed(
        `${where} cannot write to its disk, and takes nothing more: see its log`,
        cause,
      );
    case 'READONLY':
      return failed(`${where} is a replica, and takes no writes: connect to the master`, cause);
    case 'BUSY':
      return failed(
        `${where} is busy with a script, which is not ours: see its SLOWLOG`,
        cause,
        'unreachable',
      );
    case 'NOREPLICAS':
      return failed(
        `${where} has fewer replicas than its min-replicas-to-write asks for, and takes nothing more`,
        cause,
      );
    case 'CROSSSLOT':
    case 'MOVED':
      return needsCluster(where, cause);
    case 'LOADING':
      return failed(`${where} still loads its data: it will be there soon`, cause, 'unreachable');
    case null:
    case 'CLUSTERDOWN':
    case 'TRYAGAIN':
    case 'MASTERDOWN':
      return unreachable(where, thrown);
    default:
      if (/\bDB index\b/.test((cause as Error).message)) return noDatabase(where, cause);
      return failed(`${where} could not do it: ${(cause as Error).message}`, cause);
  }
}

/** What a call rejects with after the start: then a password that is wrong may become right again. */
export function whileRunning(error: TrunklineError): TrunklineError {
  if (!(error instanceof ConfigurationError) || error.code === DIFFER) return error;
  const { code, cause } = error;
  const message = error.message.slice(`[${NAME}] `.length);
  return new StoreError(message, { channel: NAME, code, cause });
}

/** Redis did not answer in time. */
export function unreachable(where: string, thrown: unknown): StoreError {
  return failed(
    `${where} does not answer: check that it runs, that this machine may connect to it, and whether it ` +
      'wants TLS (`rediss://`)',
    withoutCommand(thrown),
    'unreachable',
  );
}

/** The lock is somebody else's by now, or the turn to save is gone. */
export function lostLock(): StoreError {
  return failed(
    'the lock of the conversation is not held any more: nothing was changed',
    undefined,
    'lost_lock',
  );
}

/** The store was used after its end. */
export function closed(): StoreError {
  return failed('the store is closed', undefined, 'closed');
}

/** One node of a cluster was given for all of it. */
export function needsCluster(where: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(
    `${where} is a node of a cluster: connect with \`create\` and a Cluster`,
    { channel: NAME, code: 'needs_cluster', cause },
  );
}

/** It has fewer databases. */
function noDatabase(where: string, cause: unknown): ConfigurationError {
  return new ConfigurationError(
    `${where} has no database of this number: check the number at the end of the URL`,
    { channel: NAME, code: 'no_database', cause },
  );
}

/** What a Redis that makes room for other keys is warned of. */
export function mayEvict(where: string, policy: string): string {
  return (
    `[${NAME}] ${where} evicts keys when its memory is full (${policy}), turns that were accepted among ` +
    'them: set maxmemory-policy to noeviction'
  );
}

/** A sweep was overtaken by a break of the connection. Nobody but the sweep sees it. */
export function notYet(): StoreError {
  return failed('the connection broke during a sweep, which is done again', undefined);
}

/** Other processes share the keys out in another way. */
export function partitionsDiffer(ours: number, theirs: string): ConfigurationError {
  return new ConfigurationError(
    `\`partitions\` is ${ours} here, but ${theirs} where the store was first used: ` +
      'set it to that, or choose another `prefix` for an empty store',
    { channel: NAME, code: DIFFER },
  );
}

function failed(message: string, cause: unknown, code?: string): StoreError {
  return new StoreError(message, { channel: NAME, cause, ...(code === undefined ? {} : { code }) });
}

/** The error without the command that it came from: its arguments are passwords and users' texts. */
function withoutCommand(thrown: unknown): Error | undefined {
  if (!(thrown instanceof Error)) return undefined;
  const error = new Error(thrown.message);
  error.name = thrown.name;
  return error;
}
