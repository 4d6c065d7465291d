import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  assertKnownOptions,
  ConfigurationError,
  InputChannel,
  loadCredentials,
  type CredentialsOptions,
  type JsonObject,
  type LoadedChannels,
  type Modules,
} from '@trunkline/core';
import { folderOf } from '../support/files.ts';

/** Takes its name and its options from the credentials, as a built-in channel does. */
class NamedInput extends InputChannel {
  readonly name: string;
  readonly options: JsonObject;

  constructor(options: JsonObject) {
    super();
    this.name = typeof options['name'] === 'string' ? options['name'] : 'default';
    this.options = options;
  }

  static override fromCredentials(credentials: unknown): NamedInput {
    const options = (credentials ?? {}) as JsonObject;
    assertKnownOptions(options, ['name', 'token', 'auth'], { channel: 'named' });
    const { auth } = options;
    if (typeof auth === 'object' && auth !== null) {
      assertKnownOptions(auth, ['type'], { channel: 'named', within: 'auth' });
    }
    return new NamedInput(options);
  }
}

class MyIO extends InputChannel {
  readonly name = 'myio';
}

class Closing extends InputChannel {
  static closed = 0;
  readonly name = 'closing';
  override async close(): Promise<void> {
    Closing.closed++;
  }
}

class Broken extends InputChannel {
  readonly name = 'broken';
  static override fromCredentials(): never {
    throw new TypeError("Cannot read properties of undefined (reading 'token')");
  }
}

class Slow extends InputChannel {
  readonly name = 'slow';
  // Somebody's may be async; the type of ours does not say so.
  static override fromCredentials = (async () => new Slow()) as never;
}

/** As in Rasa, where the name is a method, and by somebody who has no compiler. */
class CalledLikeRasas extends InputChannel {
  readonly name = (() => 'myio') as never;
}

class Forgetful extends InputChannel {
  readonly name = 'forgetful';
  static override fromCredentials = (() => {}) as never;
}

const MODULES: Record<string, Record<string, unknown>> = {
  '@trunkline/rest': { RestInput: NamedInput },
  '@trunkline/sms': { SmsInput: NamedInput },
  './addons/my-channel.ts': {
    MyIO,
    NamedInput,
    Broken,
    Slow,
    Closing,
    CalledLikeRasas,
    Forgetful,
    helper: () => 1,
    version: '1',
  },
  'my-package': { MyIO },
  '@scope/my-package': { MyIO },
};

const asked: [string, string][] = [];
const modules: Modules = {
  resolve(module, folder) {
    asked.push([module, folder]);
    return module in MODULES || module === './throws.ts' ? module : null;
  },
  async load(module) {
    if (module === './throws.ts') throw new SyntaxError('Unexpected token');
    return MODULES[module] ?? {};
  },
};

const load = async (
  text: string,
  options: Partial<CredentialsOptions> = {},
): Promise<LoadedChannels & { folder: string }> => {
  const folder = await folderOf({ 'credentials.yml': text });
  const file = join(folder, 'credentials.yml');
  return { ...(await loadCredentials({ file, modules, env: {}, ...options })), folder };
};

const names = async (text: string, options?: Partial<CredentialsOptions>): Promise<string[]> =>
  (await load(text, options)).channels.map(({ name }) => name);

describe('credentials', () => {
  it('121: make a channel of each key, in the order of the file', async () => {
    const text = 'twilio:\n  token: t\nrest:\n"./addons/my-channel.ts#MyIO":\n';
    const { channels, folder } = await load(text);
    expect(channels.map(({ name }) => name)).toEqual(['twilio', 'rest', 'myio']);
    expect((channels[0] as NamedInput).options).toEqual({ token: 't', name: 'twilio' });
    expect(asked.slice(-3)).toEqual([
      ['@trunkline/sms', folder],
      ['@trunkline/rest', folder],
      ['./addons/my-channel.ts', folder],
    ]);
  });

  it('121: make one channel alone where a connector is named', async () => {
    const text = 'sms:\n  token: ${UNSET}\nrest:\n  token: t\n';
    const { channels, ignored } = await load(text, { connector: 'rest' });
    expect(channels).toMatchObject([{ name: 'rest', options: { token: 't' } }]);
    expect(ignored).toEqual(['sms']);
    // One that the file does not name has no options.
    const other = await load(text, { connector: './addons/my-channel.ts#MyIO' });
    expect(other.channels.map(({ name }) => name)).toEqual(['myio']);
  });

  // `--connector parley` did not know the name that the banner showed.
  it('make the one that has the name of the connector', async () => {
    const text =
      'rest:\nsales:\n  class: rest\n"./addons/my-channel.ts#Broken":\n' +
      '"./throws.ts#X":\n  token: ${UNSET}\n' +
      '"./addons/my-channel.ts#Closing":\n"./addons/my-channel.ts#MyIO":\n';
    Closing.closed = 0;
    const { channels, used, ignored } = await load(text, { connector: 'myio' });
    expect(channels).toEqual([expect.any(MyIO)]);
    expect(used).toEqual(['./addons/my-channel.ts#MyIO']);
    expect(ignored).toEqual([
      'rest',
      'sales',
      './addons/my-channel.ts#Broken',
      './throws.ts#X',
      './addons/my-channel.ts#Closing',
    ]);
    expect(Closing.closed).toBe(1);
  });

  it('make the built-in one where neither a key nor a name is the connector', async () => {
    const text = '"my-package#MyIO":\n';
    const { channels, used, ignored } = await load(text, { connector: 'rest' });
    expect(channels).toMatchObject([{ name: 'rest' }]);
    expect([used, ignored]).toEqual([[], ['my-package#MyIO']]);
    const { used: all } = await load('rest:\nsales:\n  class: rest\n');
    expect(all).toEqual(['rest', 'sales']);
  });

  // It was an error, in the first file that somebody who comes from Rasa tries.
  it('leave out the section for Rasa X that `rasa init` writes', async () => {
    const text = 'rest:\n\nrasa:\n  url: "${RASA_X_HOST}/api"\n';
    const { channels, used, ignored } = await load(text);
    expect(channels.map(({ name }) => name)).toEqual(['rest']);
    expect({ used, ignored }).toEqual({ used: ['rest'], ignored: ['rasa'] });
    expect(await load(text, { connector: 'rest' })).toMatchObject({ ignored: ['rasa'] });
    await expect(load(text, { connector: 'rasa', env: { RASA_X_HOST: 'x' } })).rejects.toThrow(
      'credentials.yml:3: "rasa" is a section for Rasa X',
    );
  });

  it('make a channel called rasa of a section with a class', async () => {
    const { channels, ignored } = await load('rasa:\n  class: rest\n  token: t\n');
    expect(channels).toMatchObject([{ name: 'rasa', options: { token: 't' } }]);
    expect(ignored).toEqual([]);
  });

  it.each([
    ['rest:\n"my-package#MyIO":', 'no channel "parley": it has rest, my-package#MyIO'],
    ['parlei:\n  class: rest', 'no channel "parley", did you mean "parlei"? It has parlei'],
    ['', 'no channel "parley": it has none'],
    ['"./throws.ts#Parley":', 'credentials.yml:1: ./throws.ts cannot be loaded)'],
    ['"my-package#MyIO":\n  name: ${A}', 'credentials.yml:2: the environment has no variable A'],
  ])('say what there is where the connector is neither: %j', async (text, message) => {
    const loading = load(text, { connector: 'parley' });
    await expect(loading).rejects.toThrow(ConfigurationError);
    await expect(loading).rejects.toThrow(message);
  });

  it('name no line of the file where the connector is not in it', async () => {
    const text = '"my-package#MyIO":\n';
    await expect(load(text, { connector: 'slack' })).rejects.toThrow(
      /^connector: slack needs its package/,
    );
    await expect(load(text, { connector: './gone.ts#MyIO' })).rejects.toThrow(
      /^connector: there is no module \.\/gone\.ts/,
    );
  });

  it('show why a module cannot be loaded that may be the connector', async () => {
    await expect(load('"./throws.ts#X":', { connector: 'parley' })).rejects.toMatchObject({
      code: 'user_code',
      cause: expect.any(SyntaxError),
    });
  });

  it('121: are not needed for a connector', async () => {
    const found = await loadCredentials({ connector: 'rest', modules, env: {} });
    expect(found).toMatchObject({ channels: [{ name: 'rest' }], ignored: [] });
    const own = await loadCredentials({ connector: 'my-package#MyIO', modules, env: {} });
    expect(own.channels[0]).toBeInstanceOf(MyIO);
    await expect(loadCredentials({ modules, env: {} })).rejects.toThrow(
      'neither a credentials file',
    );
  });

  it.each(['my-package#MyIO', '@scope/my-package#MyIO', './addons/my-channel.ts#MyIO'])(
    'take a class by the name of its module: %s',
    async (key) => expect(await names(`"${key}":`)).toEqual(['myio']),
  );

  it('make several channels of one class', async () => {
    const text =
      'rest:\nsales:\n  class: rest\n  token: a\n' +
      'support:\n  class: ./addons/my-channel.ts#NamedInput\n  token: b\n';
    expect((await load(text)).channels).toMatchObject([
      { name: 'rest', options: { name: 'rest' } },
      { name: 'sales', options: { name: 'sales', token: 'a' } },
      { name: 'support', options: { name: 'support', token: 'b' } },
    ]);
  });

  it('leave a class without options its own name', async () => {
    expect(await names('myio:\n  class: my-package#MyIO\n')).toEqual(['myio']);
    expect(await names('"my-package#MyIO": {}\n')).toEqual(['myio']);
  });

  it('wait for a class that takes its time', async () => {
    expect(await names('"./addons/my-channel.ts#Slow":')).toEqual(['slow']);
  });

  it('take values from the environment, as texts', async () => {
    const text = 'rest:\n  token: ${A}-${B}\n  auth:\n    type: "${PORT}"\n';
    const { channels } = await load(text, { env: { A: 'x', B: '', PORT: '5005' } });
    expect(channels).toMatchObject([{ options: { token: 'x-', auth: { type: '5005' } } }]);
  });

  it.each([
    ['rest:\n  token: "${TOKEN}"', ':2: the environment has no variable TOKEN'],
    ['rest:\n  auth:\n    type: [a, "${T}"]', ':3: the environment has no variable T'],
    ['rest:\n  token: "${T:-x}"', ':2: ${T:-x} names no variable of the environment'],
  ])('name the variable that is missing: %j', async (text, message) => {
    await expect(load(text)).rejects.toThrow(`credentials.yml${message}`);
  });

  it.each([
    ['- rest', ':1: credentials must be a map'],
    ['', ' names no channel: write "rest:" say'],
    ['rest: true', ':1: the section of rest must hold options'],
    ['rest:\n  corz: 1\n  tokn: 1', ':2: [named] unknown option "corz": there are name'],
    ['rest:\n  token: 1\n  tokem: 1', ':3: [named] unknown option "tokem", did you mean "token"?'],
    [
      'rest:\n  auth:\n\n    tipe: x',
      ':4: [named] unknown option "auth.tipe", did you mean "type"?',
    ],
    ['rest:\n  name: other', ':1: rest is the name of the channel'],
    ['rest:\n  class: 5', ':1: class of rest must name a class'],
    ['a:\n  class: ./addons/my-channel.ts#Slow', ':1: Slow made a channel called "slow"'],
    [
      'a:\n  class: ./addons/my-channel.ts#MyIO',
      ':1: [myio] MyIO has no fromCredentials(credentials) to take the name "a" from: write one',
    ],
    // It was dropped without a word.
    [
      '"./addons/my-channel.ts#MyIO":\n  username: joe',
      ':2: [myio] MyIO has no fromCredentials(credentials) to take "username": write one',
    ],
    [
      'a:\n  class: ./addons/my-channel.ts#MyIO\n  username: joe',
      ':3: [myio] MyIO has no fromCredentials(credentials) to take "username"',
    ],
    [
      '"my-package#MyIO":\n  name: other',
      ':2: [myio] MyIO has no fromCredentials(credentials) to take the name "other" from',
    ],
    ['"my-package#MyIO": joe', ':1: [myio] MyIO has no fromCredentials(credentials)'],
    ['a:\n  class: rst', ':1: there is no channel "rst", did you mean "rest"?'],
    ['\nsmss:', ':2: there is no channel "smss", did you mean "sms"?'],
    ['rasa:\n  url: x', ' names no channel: write "rest:" say'],
    ['a:\n  class: rasa', ':1: "rasa" is a section for Rasa X, which has no counterpart here'],
    ['slack:', ':1: slack needs its package: npm install @trunkline/slack'],
    ['"./gone.ts#MyIO":', ':1: there is no module ./gone.ts in '],
    ['"gone#MyIO":', ':1: there is no module gone to be found: npm install gone'],
    ['"addons/mine.ts#MyIO":', ':1: there is no module addons/mine.ts to be found: a file '],
    ['"addons/mine.ts#MyIO":', '"./addons/mine.ts#MyIO"'],
    ['"#MyIO":', ':1: "#MyIO" names no module: write "./addons/my-channel.ts#MyIO" say'],
    ['"./addons/my-channel.ts":', ':1: "./addons/my-channel.ts" names no class: write'],
    [
      '"./addons/my-channel.ts#MyIo":',
      ':1: ./addons/my-channel.ts exports no "MyIo", did you mean "MyIO"?',
    ],
    ['"my-package#X":', ':1: my-package exports no "X": it exports MyIO'],
    [
      '"./addons/my-channel.ts#CalledLikeRasas":',
      ":1: a channel of class CalledLikeRasas has no name: readonly name = 'myio' say, a property",
    ],
    ['"./addons/my-channel.ts#Forgetful":', ':1: Forgetful.fromCredentials gave back something'],
    ['"./addons/my-channel.ts#helper":', ':1: helper of ./addons/my-channel.ts is no class'],
    ['"./addons/my-channel.ts#version":', ':1: version of ./addons/my-channel.ts is no class'],
    ['addons.my.MyIO:', ':1: "addons.my.MyIO" is how Rasa names a Python class'],
    ['addons.my.MyIO:', '"./addons/my.ts#MyIO" say'],
    ['telegram:', ':1: there is no channel "telegram": there are rest, websocket'],
    ['rest: {}\nrest: {}', ':2: the key "rest" is there twice'],
    ['rest: !!js/function x', ':1: Unresolved tag'],
  ])('say what is wrong, and where: %j', async (text, message) => {
    const loading = load(text);
    await expect(loading).rejects.toThrow(ConfigurationError);
    await expect(loading).rejects.toThrow(
      message.startsWith('"') ? message : `credentials.yml${message}`,
    );
  });

  it('find no variable that nobody has set, whatever it is called', async () => {
    await expect(load('\nrest:\n  token: ${toString}')).rejects.toThrow(
      'credentials.yml:3: the environment has no variable toString',
    );
  });

  it('show what somebody’s fromCredentials threw as what it is', async () => {
    const error = await load('\n"./addons/my-channel.ts#Broken":').catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      message: expect.stringMatching(/credentials\.yml:2: Broken\.fromCredentials failed$/),
      cause: expect.any(TypeError),
    });
    expect(String((error as Error).cause)).toContain("(reading 'token')");
    expect(((error as Error).cause as Error).stack).toContain('load-credentials.test.ts');
  });

  it('show why a module cannot be loaded', async () => {
    await expect(load('"./throws.ts#MyIO":')).rejects.toMatchObject({
      message: expect.stringContaining('credentials.yml:1: ./throws.ts cannot be loaded'),
      cause: expect.any(SyntaxError),
    });
  });

  it('load what Node can run by itself', async () => {
    const channel = 'static fromCredentials() { return { name: "plain" } }';
    const folder = await folderOf({
      'credentials.yml': '"./plain.mjs#Plain":\n"pack#Plain":\n',
      'plain.mjs': `export class Plain { ${channel} }`,
      'node_modules/pack/package.json': '{"name":"pack","exports":"./main.cjs"}',
      'node_modules/pack/main.cjs': `exports.Plain = class { ${channel} }`,
    });
    const { channels } = await loadCredentials({ file: join(folder, 'credentials.yml'), env: {} });
    expect(channels).toEqual([{ name: 'plain' }, { name: 'plain' }]);
    await expect(loadCredentials({ file: join(folder, 'gone.yml'), env: {} })).rejects.toThrow(
      'gone.yml cannot be read: there is no such file',
    );
  });
});
