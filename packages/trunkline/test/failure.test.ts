import { ConfigurationError, StoreError } from '@trunkline/core';
import { describe as group, expect, it } from 'vitest';
import { describe, reportFailure } from '../src/failure.ts';

group('a failure', () => {
  it('of ours is a sentence, whatever has caused it', () => {
    expect(describe(new StoreError('the disk is full', { cause: new Error('ENOSPC') }))).toBe(
      'the disk is full',
    );
  });

  it('of somebody’s own code is shown with its stack, without the frames of packages', () => {
    const cause = new TypeError('x is not a function');
    cause.stack = [
      'TypeError: x is not a function',
      '    at MyIO.fromCredentials (/home/ada/addons/my.ts:3:7)',
      '    at load (/home/ada/node_modules/jiti/dist/jiti.cjs:1:1)',
      '    at node:internal/process/task_queues:95:5',
    ].join('\n');
    const error = new ConfigurationError('it failed', { cause, code: 'user_code' });
    expect(describe(error)).toBe(
      'it failed\n\nTypeError: x is not a function\n' +
        '    at MyIO.fromCredentials (/home/ada/addons/my.ts:3:7)\n',
    );
  });

  it('of somebody’s own code may be no error', () => {
    const failure = (cause: unknown): string =>
      describe(new ConfigurationError('it failed', { cause, code: 'user_code' }));
    expect(failure('no key')).toBe("it failed\n\n'no key'\n");
    expect(failure({ status: 401 })).toBe('it failed\n\n{ status: 401 }\n');
    expect(failure(undefined)).toBe('it failed\n\nundefined\n');
  });

  it('that nobody expected is shown as it is', () => {
    expect(describe(new RangeError('oh'))).toMatch(/^RangeError: oh\n\s+at /);
    expect(describe('text')).toBe('text');
    expect(describe(null)).toBe('null');
  });

  it('is reported on a line', () => {
    let text = '';
    reportFailure(new ConfigurationError('no'), { write: (chunk) => (text += chunk) });
    expect(text).toBe('error: no\n');
  });
});
