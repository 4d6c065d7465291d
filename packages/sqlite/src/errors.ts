import { ConfigurationError, StoreError, TrunklineError } from '@trunkline/core';

const NAME = 'sqlite';

/** @see https://sqlite.org/rescode.html */
const [BUSY, READ_ONLY, IO, CORRUPT, FULL, CANNOT_OPEN, NOT_A_DATABASE] = [
  5, 8, 10, 11, 13, 14, 26,
];

/** What is wrong with a file that is not open yet. */
export function explainAtStart(file: string, thrown: unknown): TrunklineError {
  return isUnwritable(codeOf(thrown)) ? cannotOpen(file, thrown) : explain(file, thrown);
}

/** What SQLite says, as what to do about it. Errors of ours are left as they are. */
export function explain(file: string, thrown: unknown): TrunklineError {
  if (thrown instanceof TrunklineError) return thrown;
  const { message } = thrown as Error;
  const code = codeOf(thrown);
  const options = { channel: NAME, cause: thrown };
  if (code === FULL) {
    return new StoreError(
      `the disk is full, and nothing more can be stored in ${file}: make room on it`,
      options,
    );
  }
  if (code === NOT_A_DATABASE || code === CORRUPT) {
    return new ConfigurationError(
      `${file} is damaged, or no database: move it away to start with an empty one, or restore a copy`,
      options,
    );
  }
  // It was open: what is wrong may be put right while the server runs.
  if (isUnwritable(code)) {
    return new StoreError(
      `${file} cannot be written any more: check its disk, the folder and the permissions`,
      options,
    );
  }
  if (code === IO) {
    return new StoreError(
      `the system refuses to read or write ${file}: check its disk, and whether a quota or a limit on ` +
        'the size of files is reached',
      options,
    );
  }
  if (code === BUSY) {
    return new StoreError(`another process has locked ${file} for too long`, options);
  }
  return new StoreError(`SQLite could not work with ${file}: ${message}`, options);
}

function codeOf(thrown: unknown): number {
  const { rawCode = 0 } = thrown as { rawCode?: number };
  // The lowest byte says what it is; libsql has no names for many of the details above it.
  return rawCode & 0xff;
}

function isUnwritable(code: number): boolean {
  return code === READ_ONLY || code === CANNOT_OPEN;
}

/** The file is not there and cannot be made, or may not be written. */
export function cannotOpen(file: string, thrown: unknown): ConfigurationError {
  return new ConfigurationError(
    `${file} cannot be opened for writing: check the folder and its permissions`,
    { channel: NAME, cause: thrown },
  );
}

/** A tool looks for a file that nobody has made. */
export function noFile(file: string): ConfigurationError {
  return new ConfigurationError(`there is no file ${file}: name the one of the server`, {
    channel: NAME,
    code: 'no_file',
  });
}

/** Locks order what one process does, and a tool is another one. */
export function noLocksBeside(file: string): ConfigurationError {
  return new ConfigurationError(`a tool beside the server of ${file} takes no locks`, {
    channel: NAME,
  });
}

/** The file was written by a later version of this package. */
export function newerSchema(file: string): ConfigurationError {
  return new ConfigurationError(
    `${file} was written by a newer version of @trunkline/sqlite: update the package`,
    { channel: NAME, code: 'newer_schema' },
  );
}

/** Another server has the file. */
export function alreadyOwned(file: string, pid: number, host: string): ConfigurationError {
  return new ConfigurationError(
    `${file} belongs to a server that is running (process ${pid} on ${host}): ` +
      'stop it, or give this one a file of its own',
    { channel: NAME, code: 'already_owned' },
  );
}

/** The file was taken over while this process was away, stopped in a debugger say. */
export function lostFile(file: string): StoreError {
  return new StoreError(`another server has taken ${file} over: this one writes nothing more`, {
    channel: NAME,
    code: 'lost_file',
  });
}

/** What is written now nobody would find again. */
export function movedFile(file: string): StoreError {
  return new StoreError(
    `${file}, or its -wal, was deleted, moved or replaced: nothing more is stored. ` +
      'Put both back, or start the server again',
    { channel: NAME, code: 'moved_file' },
  );
}

/** The store was used after its end. */
export function closed(): StoreError {
  return new StoreError('the store is closed', { channel: NAME, code: 'closed' });
}

/** Somebody else has the conversation by now, or its turn is finished. */
export function lostLock(): StoreError {
  return new StoreError(
    'the lock of the conversation is not held any more, or its turn is not there: nothing was changed',
    { channel: NAME, code: 'lost_lock' },
  );
}
