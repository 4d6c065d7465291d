import { ConfigurationError } from '@trunkline/core';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadEnvironment, parseEnvironment } from '../src/environment.ts';
import { folderOf } from './support/folder.ts';

const before = process.cwd();
afterEach(() => process.chdir(before));

describe('the environment', () => {
  it('has defaults', () => {
    expect(parseEnvironment({})).toEqual({
      port: 5005,
      host: null,
      publicUrl: 'http://localhost:5005',
      store: { type: 'sqlite', file: 'data/trunkline.db' },
      logLevel: 'info',
      apiToken: null,
    });
  });

  it('takes a port, and the address follows it', () => {
    expect(parseEnvironment({ PORT: '8080' })).toMatchObject({
      port: 8080,
      publicUrl: 'http://localhost:8080',
    });
  });

  it.each([
    ['192.0.2.7', 'http://192.0.2.7:5005'],
    ['::1', 'http://[::1]:5005'],
    ['0.0.0.0', 'http://localhost:5005'],
    ['::', 'http://localhost:5005'],
  ])('takes a host, %s, and the address follows it', (host, publicUrl) => {
    expect(parseEnvironment({ LISTEN_HOST: host })).toMatchObject({ host, publicUrl });
  });

  it('takes a public address, with or without a slash at its end', () => {
    const { publicUrl } = parseEnvironment({ PUBLIC_URL: 'https://bot.example.org/' });
    expect(publicUrl).toBe('https://bot.example.org');
  });

  it('takes a store', () => {
    expect(parseEnvironment({ STORE: 'memory' }).store).toEqual({ type: 'memory' });
    const { store } = parseEnvironment({ STORE: 'sqlite:/var/bot.db' });
    expect(store).toEqual({ type: 'sqlite', file: '/var/bot.db' });
    const url = 'rediss://bot:secret@redis:6379/1';
    expect(parseEnvironment({ STORE: url }).store).toEqual({ type: 'redis', url });
  });

  it.each([
    ['STORE', 'redis'],
    ['STORE', 'sqlite:'],
    ['PORT', 'http'],
    ['PORT', '0'],
    ['PORT', '-1'],
    ['PORT', '65536'],
    ['PORT', '80.5'],
    ['LISTEN_HOST', 'http://localhost'],
    ['LISTEN_HOST', ' '],
    // The address of users is made of it: it was PUBLIC_URL that was named, which nobody had set.
    ['LISTEN_HOST', '999.1.1.1'],
    ['LOG_LEVEL', 'loud'],
    ['PUBLIC_URL', 'bot.example.org:80:80'],
    ['PUBLIC_URL', 'ftp://bot.example.org'],
  ])('names the variable that is wrong: %s=%s', (name, value) => {
    expect(() => parseEnvironment({ [name]: value })).toThrow(ConfigurationError);
    expect(() => parseEnvironment({ [name]: value })).toThrow(name);
  });

  // The story: Docker makes a folder of a file that is mounted and is not there, and what was said was
  // "TypeError: Contents of '.env' should be a valid string."
  it('says that its file cannot be read', async () => {
    process.chdir(await folderOf({ '.env/keep': '' }));
    expect(loadEnvironment).toThrow(ConfigurationError);
    expect(loadEnvironment).toThrow('.env cannot be read');
  });

  // The story: Windows' editor begins a file with a mark, and the first variable of it was not set.
  it('reads a file that begins with a byte order mark, and says that one is not UTF-8', async () => {
    const folder = await folderOf({ '.env': '\ufeffAPI_TOKEN=from the file\r\nPORT=8080\r\n' });
    process.chdir(folder);
    process.env['PORT'] = '';
    try {
      expect(loadEnvironment()).toMatchObject({ apiToken: 'from the file', port: 5005 });
      await writeFile(join(folder, '.env'), '\ufeffAPI_TOKEN=\u00e4', 'utf16le');
      expect(loadEnvironment).toThrow('.env is not UTF-8: save it as UTF-8');
    } finally {
      delete process.env['API_TOKEN'];
      delete process.env['PORT'];
    }
  });
});
