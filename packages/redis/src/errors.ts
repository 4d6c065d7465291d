import { ConfigurationError, StoreError, TrunklineError } from '@trunkline/core';

const NAME = 'redis';
const DIFFER = 'partitions_differ';

/** Replies that are over when Redis has loaded its data, has done a slow script, or its cluster has settled. */
const PASSING = ['LOADING', 'BUSY', 'CLUSTERDOWN', 'TRYAGAIN', 'MASTERDOWN', 'READONLY'];

/** The word that a reply of Redis begins with; `null` if the error is none. */
function replyCode(thrown: unknown): string | null {
  if (!(thrown instanceof Error)) return null;
  // What a cluster says when none of its nodes would do.
  if ('lastNodeError' in thrown && thrown.lastNodeError !== thrown) {
    return replyCode(thrown.lastNodeError);
  }
  const code = /^(?:Ready check failed: )?(?:\w*Error: )?([A-Z]{4,}) /.exec(thrown.message)?.[1];
  if (code !== undefined) return code;
  return thrown.name === 'ReplyError' ? 'ERR' : null;
}

/** Whether the same command may do when it is sent again: the connection broke, or Redis is not yet there. */
export function isPassing(thrown: unknown): boolean {
  if (thrown instanceof TrunklineError) return false;
  const code = replyCode(thrown);
  return code === null || PASSING.includes(code);
}

/** What Redis or the connection says, as what to do about it. Errors of ours are left as they are. */
export function explain(thrown: unknown, where: string): TrunklineError {
  if (thrown instanceof TrunklineError) return thrown;
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
        `${where} lets this server in, but not do what it needs: give its user all commands on the ` +
          'keys and channels of the prefix, INFO and SCRIPT included',
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
    `${where} does not answer: check that it runs, and that this machine may connect to it`,
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
