import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis, type RedisOptions } from 'ioredis';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { needs, program } from '../../../scripts/test-support/needs.ts';
import { createClient, hangUp } from '../src/client.ts';
import { explain } from '../src/errors.ts';
import type { RedisStore } from '../src/index.ts';
import { settingsOf } from '../src/options.ts';
import {
  freePort,
  newPrefix,
  openStore,
  redisProgram,
  RedisServer,
  until,
} from './support/redis.ts';

// What Redis or TLS refuses: it used to be waited for, and then to be called a Redis that does not answer.

const add = (store: RedisStore): Promise<unknown> =>
  Promise.resolve(
    store.turns.add(
      { conversation: 'ada', id: '1', message: 'hello' },
      { markTtlMs: 60_000, maxTurns: 9 },
    ),
  );

/** Both what says whether all is set up, and what a turn meets. */
async function expectRefused(store: RedisStore, code: string, reason: RegExp): Promise<void> {
  await expect(store.ready()).rejects.toMatchObject({ name: 'ConfigurationError', code });
  await expect(store.ready()).rejects.toThrow(reason);
  await expect(add(store)).rejects.toMatchObject({ name: 'StoreError', code });
  await expect(add(store)).rejects.toThrow(reason);
}

const isReady = (store: RedisStore): Promise<boolean> =>
  store.ready().then(
    () => true,
    () => false,
  );

beforeEach(needs(redisProgram));

describe('TLS', () => {
  beforeEach(needs(program('openssl', 'openssl')));
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-tls-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** A certificate that nobody has signed but its own key. */
  const certificate = (name: string): { key: string; cert: string } => {
    const [key, cert] = [join(folder, `${name}.key`), join(folder, `${name}.crt`)];
    const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
    const kind = ['-newkey', 'rsa:2048', '-nodes', '-days', '1'];
    const args = ['req', '-x509', ...kind, '-keyout', key, '-out', cert, ...subject];
    execFileSync('openssl', args, { stdio: 'ignore' });
    return { key, cert };
  };

  const start = async (authClients: 'yes' | 'no') => {
    const { key, cert } = certificate('redis.example');
    const port = await freePort();
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert];
    const tls = ['--tls-port', String(port), '--tls-auth-clients', authClients];
    const server = await RedisServer.start(...tls, ...files);
    return { server, url: `rediss://127.0.0.1:${port}`, ca: readFileSync(cert), key, cert };
  };

  const openWith = (url: string, tls: RedisOptions['tls']): RedisStore =>
    openStore({
      prefix: newPrefix(),
      create: ({ redis }) => new Redis(url, { ...redis, ...(tls && { tls }) }),
    });

  it('with a certificate that is not trusted is refused at once, and says where to name it', async () => {
    const { server, url, ca } = await start('no');
    const reason =
      /shows a certificate that is not trusted here \(self-signed certificate\): name the file of its authority in NODE_EXTRA_CA_CERTS, or connect with `create` and `tls: \{ ca \}`/;
    await expectRefused(openStore({ url, prefix: newPrefix() }), 'not_trusted', reason);
    await expectRefused(
      openWith(url, { ca }),
      'not_trusted',
      /shows a certificate of another name: connect to a name that is in it, .*`tls: \{ servername \}`/,
    );
    const store = openWith(url, { ca, servername: 'redis.example' });
    expect(await add(store)).toBe('added');

    // While it runs: another certificate, and the one before again.
    const other = certificate('other.example');
    const pair = ['tls-cert-file', other.cert, 'tls-key-file', other.key];
    await server.command('CONFIG', 'SET', ...pair);
    await server.command('CLIENT', 'KILL', 'TYPE', 'normal');
    await until('it to be refused', async () => !(await isReady(store)));
    await expectRefused(store, 'not_trusted', /not trusted here/);
    const [cert, key] = ['redis.example.crt', 'redis.example.key'].map((name) =>
      join(folder, name),
    );
    await server.command('CONFIG', 'SET', 'tls-cert-file', cert ?? '', 'tls-key-file', key ?? '');
    await until('it to be there again', () => isReady(store));
    expect(await add(store)).toBe('unfinished');
  }, 20_000);

  it('that asks for a certificate says so', async () => {
    const { url, ca, cert, key } = await start('yes');
    const known = { ca, servername: 'redis.example' };
    await expectRefused(
      openWith(url, known),
      'not_let_in',
      /refuses the certificate of this server, or wants one: .*`tls: \{ cert, key \}`/,
    );
    const pair = { cert: readFileSync(cert), key: readFileSync(key) };
    await openWith(url, { ...known, ...pair }).ready();
  }, 20_000);

  it('with a certificate whose time is over says so', () => {
    const thrown = Object.assign(new Error('certificate has expired'), {
      code: 'CERT_HAS_EXPIRED',
    });
    // As a cluster has it.
    const error = Object.assign(new Error('Failed to refresh slots'), { lastNodeError: thrown });
    expect(explain(error, 'Redis').message).toBe(
      '[redis] Redis shows a certificate that does not hold now (certificate has expired): renew it, ' +
        'and check the clocks',
    );
  });

  it('that is ended amid its handshake may fail twice', async () => {
    // Its second error had no listener, and ended the process.
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const client = createClient(settingsOf({ url: `rediss://127.0.0.1:${port}` })) as Redis;
    client.on('error', () => {});
    client.connect().catch(() => {});
    const [socket] = await once(silent, 'connection');
    hangUp(client);
    client.stream.emit('error', new Error('not trusted'));
    client.stream.emit('error', new Error('alert'));
    socket.destroy();
    silent.close();
  });
});

describe('a user', () => {
  it.each([
    ['-setnx', 'run SETNX'],
    ['-@scripting', 'run SCRIPT\\|LOAD'],
    ['-subscribe', 'run SUBSCRIBE'],
    ['resetchannels', 'do what it needs'],
    ['resetkeys', 'do what it needs'],
  ])('with %s is told so at the start', async (rule, what) => {
    const server = await RedisServer.start();
    const rights = ['on', '>secret', '~*', '&*', '+@all', rule];
    await server.command('ACL', 'SETUSER', 'anna', ...rights);
    const url = `redis://anna:secret@127.0.0.1:${server.port}`;
    const store = openStore({ url, prefix: newPrefix() });
    await expect(store.ready()).rejects.toMatchObject({
      name: 'ConfigurationError',
      code: 'not_allowed',
    });
    await expect(store.ready()).rejects.toThrow(
      new RegExp(`lets this server in, but not ${what}: give its user all commands`),
    );
  });

  it('whose rights are taken away while it runs is told so', async () => {
    const server = await RedisServer.start();
    await server.command('ACL', 'SETUSER', 'anna', 'on', '>secret', '~*', '&*', '+@all');
    const url = `redis://anna:secret@127.0.0.1:${server.port}`;
    const store = openStore({ url, prefix: newPrefix() });
    await store.ready();
    await server.command('ACL', 'SETUSER', 'anna', '-time');
    await expect(add(store)).rejects.toMatchObject({ name: 'StoreError', code: 'not_allowed' });
    await server.command('ACL', 'SETUSER', 'anna', '+time');
    expect(await add(store)).toBe('added');
  });

  it('whose password is changed while it runs is told so, and goes on with the right one', async () => {
    const server = await RedisServer.start();
    await server.command('ACL', 'SETUSER', 'anna', 'on', '>secret', '~*', '&*', '+@all');
    const url = `redis://anna:secret@127.0.0.1:${server.port}`;
    const store = openStore({ url, prefix: newPrefix() });
    await store.ready();
    await server.command('ACL', 'SETUSER', 'anna', 'resetpass', '>other');
    await server.command('CLIENT', 'KILL', 'USER', 'anna');
    await until('it to be refused', async () => !(await isReady(store)));
    await expectRefused(store, 'not_let_in', /check user and password in the URL/);
    await server.command('ACL', 'SETUSER', 'anna', '>secret');
    await until('it to be there again', () => isReady(store));
  });
});

describe('a database that is not there', () => {
  it('is refused, and no other one is used', async () => {
    // The first calls were refused, and what came then went into database 0.
    const server = await RedisServer.start();
    const store = openStore({ url: `${server.url}/16`, prefix: newPrefix() });
    for (let i = 0; i < 5; i++) {
      await expectRefused(
        store,
        'no_database',
        /has no database of this number: check the number at the end of the URL/,
      );
    }
    expect(await server.command('DBSIZE')).toBe(0);
  });

  it('one that is there is used', async () => {
    const server = await RedisServer.start();
    await openStore({ url: `${server.url}/15`, prefix: newPrefix() }).values.set('a', 'b', 1);
    expect(await server.command('DBSIZE')).toBe(0);
  });
});

describe('a Redis that takes no writes', () => {
  it('since it is a replica says so', async () => {
    const master = await RedisServer.start();
    const server = await RedisServer.start();
    const reason = /is a replica, and takes no writes: connect to the master/;
    const store = openStore({ url: server.url, prefix: newPrefix() });
    await store.ready();
    await server.command('REPLICAOF', '127.0.0.1', String(master.port));
    await expect(add(store)).rejects.toThrow(reason);
    const later = openStore({ url: server.url, prefix: newPrefix() });
    await expect(later.ready()).rejects.toThrow(reason);
    await server.command('REPLICAOF', 'NO', 'ONE');
    await until('it to be there again', () => isReady(store));
    expect(await add(store)).toBe('added');
  }, 20_000);

  it('since its memory is full says so', async () => {
    const server = await RedisServer.start();
    const reason = /has reached its maxmemory, and nothing more can be stored/;
    const store = openStore({ url: server.url, prefix: newPrefix() });
    await store.ready();
    await server.command('CONFIG', 'SET', 'maxmemory', '1');
    await expect(add(store)).rejects.toThrow(reason);
    await expect(openStore({ url: server.url, prefix: newPrefix() }).ready()).rejects.toThrow(
      reason,
    );
    await server.command('CONFIG', 'SET', 'maxmemory', '0');
    expect(await add(store)).toBe('added');
  });

  it('since it cannot save says so', async () => {
    const server = await RedisServer.start('--dbfilename', 'in-the-way.rdb');
    const reason = /cannot write to its disk, and takes nothing more: see its log/;
    const store = openStore({ url: server.url, prefix: newPrefix() });
    await store.ready();
    // A folder in the place of its file, as good as a disk that is full.
    const [, dir = ''] = (await server.command('CONFIG', 'GET', 'dir')) as string[];
    mkdirSync(join(dir, 'in-the-way.rdb'));
    await server.command('CONFIG', 'SET', 'save', '3600 1');
    await server.command('BGSAVE');
    await until('the saving to fail', async () =>
      String(await server.command('INFO', 'persistence')).includes('rdb_last_bgsave_status:err'),
    );
    await expect(add(store)).rejects.toThrow(reason);
    await expect(openStore({ url: server.url, prefix: newPrefix() }).ready()).rejects.toThrow(
      reason,
    );
  });

  it('is known by the words of Redis 6.2 as well', () => {
    const said = 'ERR Error running script (call to f_6b1b): @user_script:1: @user_script: 1: ';
    const of = (text: string): string => {
      const error = new Error(`${said}${text}`);
      error.name = 'ReplyError';
      return explain(error, 'Redis').message;
    };
    expect(of("-OOM command not allowed when used memory > 'maxmemory'. ")).toMatch(
      /maxmemory, and/,
    );
    expect(of("-READONLY You can't write against a read only replica. ")).toMatch(/is a replica/);
  });
});
