import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { configError, files, load } from './support.ts';

const anything = z.record(z.string(), z.unknown());

describe('the sources of a configuration', () => {
  test('each wins over those before it: defaults, file, .env, environment, flags', async () => {
    const schema = z.object({
      a: z.string().default('default'),
      b: z.string().default('default'),
      c: z.string().default('default'),
      d: z.string().default('default'),
      e: z.string().default('default'),
    });
    const paths = await files({
      'c.yaml': 'b: file\nc: file\nd: file\ne: file',
      '.env': 'C=env-file\nD=env-file\nE=env-file',
    });
    const env = { D: 'environment', E: 'environment' };
    const config = await load({ schema, file: paths['c.yaml'], envFile: paths['.env'], env, argv: ['--e=flag'] });
    expect(config.value).toEqual({ a: 'default', b: 'file', c: 'env-file', d: 'environment', e: 'flag' });
    expect(Object.fromEntries(config.origins)).toEqual({
      a: { from: 'default' },
      b: { from: 'file', file: paths['c.yaml'], line: 1 },
      c: { from: 'env-file', file: paths['.env'], variable: 'C' },
      d: { from: 'environment', variable: 'D' },
      e: { from: 'flag', flag: '--e' },
    });
  });

  test('sections are merged key by key, lists are not', async () => {
    const { 'c.yml': file } = await files({ 'c.yml': 'db:\n  host: a\n  port: 1\ntags: [x, y]\n' });
    const { value } = await load({ schema: anything, file, env: { DB__PORT: '2', TAGS: 'z' } });
    expect(value).toEqual({ db: { host: 'a', port: '2' }, tags: 'z' });
  });

  test('a value takes the place of a section, and a section that of a value', async () => {
    const { 'c.yaml': file } = await files({ 'c.yaml': 'a: 1\nb:\n  c: 2\n' });
    const { value } = await load({ schema: anything, file, argv: ['--a.x=1', '--b=2'] });
    expect(value).toEqual({ a: { x: '1' }, b: '2' });
  });
});

describe('files', () => {
  test.each([
    ['c.yaml', 'port: 1\nlist:\n  - a\n  - b: c\nempty: {}\nnothing:\ntext: "1"\n'],
    ['c.json', '{\n\t"port": 1,\n\t"list": ["a", { "b": "c" }],\n\t"empty": {},\n\t"nothing": null,\n\t"text": "1"\n}'],
  ] as const)('%s', async (name, content) => {
    const paths = await files({ [name]: content });
    const { value, origins } = await load({ schema: anything, file: paths[name] as string });
    expect(value).toEqual({ port: 1, list: ['a', { b: 'c' }], empty: {}, nothing: null, text: '1' });
    expect(origins.get('text')).toMatchObject({ line: name === 'c.yaml' ? 7 : 6 });
    expect(origins.get('nothing')).toMatchObject({ line: name === 'c.yaml' ? 6 : 5 });
  });

  test('an empty file gives nothing', async () => {
    const { 'c.yaml': file } = await files({ 'c.yaml': '# nothing yet\n' });
    expect((await load({ schema: anything, file })).value).toEqual({});
  });

  test('--config names another file', async () => {
    const paths = await files({ 'a.yaml': 'a: 1', 'b.yaml': 'a: 2' });
    for (const argv of [['--config', paths['b.yaml']], [`--config=${paths['b.yaml']}`]]) {
      expect((await load({ schema: anything, file: paths['a.yaml'], argv })).value).toEqual({ a: 2 });
    }
  });

  test('every fault of a file is told, with its line and without its text', async () => {
    const { 'c.yaml': file } = await files({ 'c.yaml': 'a: 1\na: 2\npassword: "hunter2\n' });
    const { faults, message } = await configError({ schema: anything, file });
    expect(faults.map(({ origin }) => origin)).toEqual([
      { from: 'file', file, line: 2 },
      { from: 'file', file, line: 4 },
    ]);
    expect(message).not.toContain('hunter2');
  });

  test.each([
    ['c.yaml', '- a\n', 'names and values were expected', ''],
    ['c.yaml', 'text', 'names and values were expected', ''],
    ['c.yaml', 'a:\n  ? [x]\n  : 1\n', 'a name that is no text', 'a'],
    ['c.yaml', 'a:\n  - 9007199254740993\n', 'an integer beyond 2^53-1: write it as text, in quotes', 'a.0'],
    ['c.yaml', 'a: *nobody\n', 'Unresolved alias', 'a'],
    ['c.toml', 'a = 1', 'its name ends in none of .yaml, .yml, .json', ''],
  ])('%s with %j is refused', async (name, content, problem, key) => {
    const { [name]: file = '' } = await files({ [name]: content });
    const { faults } = await configError({ schema: anything, file });
    expect(faults).toEqual([
      { key, problem: expect.stringContaining(problem), origin: expect.objectContaining({ file }) },
    ]);
  });

  test('a file that is not there is told, in whatever way it was named', async () => {
    const missing = [
      { file: '/nowhere/a.yaml' },
      { envFile: '/nowhere/a.yaml' },
      { argv: ['--config', '/nowhere/a.yaml'] },
    ];
    for (const options of missing) {
      const { message } = await configError({ schema: anything, ...options });
      expect(message).toBe('the configuration has one fault:\n  it cannot be read: ENOENT (/nowhere/a.yaml)');
    }
  });
});

describe('variables', () => {
  test.each([
    ['PORT', { port: 'x' }],
    ['MAX_POOL_2', { maxPool2: 'x' }],
    ['DATABASE__URL', { database: { url: 'x' } }],
    ['DATABASE__MAX_POOL', { database: { maxPool: 'x' } }],
    ['database.maxPool', { database: { maxPool: 'x' } }],
    ['database__maxPool', { database: { maxPool: 'x' } }],
    ['__proto__', {}],
    ['_', {}],
    ['A__', {}],
    ['PATH', {}],
    ['USER', {}],
    ['constructor', { constructor: 'x' }],
  ])('%s is for %j', async (variable, value) => {
    expect((await load({ schema: anything, env: Object.fromEntries([[variable, 'x']]) })).value).toEqual(value);
  });

  test('with a prefix the others are not looked at', async () => {
    const env = { AGENT_PORT: '1', AGENT_USER: 'me', PORT: '2', AGENT_: '3' };
    expect(
      (await load({ schema: z.strictObject({ port: z.string(), user: z.string() }), env, envPrefix: 'AGENT_' })).value,
    ).toEqual({
      port: '1',
      user: 'me',
    });
  });

  test('one of another name is for its key as well, in the environment as in a .env file, whatever the prefix', async () => {
    const schema = z.strictObject({ port: z.string().optional(), database: z.strictObject({ url: z.string() }) });
    const { '.env': envFile } = await files({ '.env': 'DATABASE_URL=file\nDATABASE_USER=me\n' });
    const url = async (env: Readonly<Record<string, string>>) => {
      const options = { schema, envFile, env, envPrefix: 'AGENT_', variables: { 'database.url': 'DATABASE_URL' } };
      const { value, origins } = await load(options);
      return [value.database.url, origins.get('database.url')];
    };
    expect(await url({})).toEqual(['file', { from: 'env-file', file: envFile, variable: 'DATABASE_URL' }]);
    expect(await url({ DATABASE_URL: 'a' })).toEqual(['a', { from: 'environment', variable: 'DATABASE_URL' }]);
    expect(await url({ AGENT_DATABASE__URL: 'b', DATABASE_URL: 'a' })).toEqual([
      'b',
      { from: 'environment', variable: 'AGENT_DATABASE__URL' },
    ]);
    expect(await url({ AGENT_DATABASE__URL: '', DATABASE_URL: '' })).toMatchObject(['file', {}]);
  });

  test('one of another name is for no key that its own would be', async () => {
    const schema = z.strictObject({ url: z.string() });
    const options = { schema, env: { DATABASE_URL: 'a' }, variables: { url: 'DATABASE_URL' } };
    expect((await load(options)).value).toEqual({ url: 'a' });
    expect((await configError({ ...options, env: {} })).message).toMatch(/\(not given: URL, DATABASE_URL\)$/);
  });

  test('an empty variable is none', async () => {
    const { '.env': envFile } = await files({ '.env': 'PORT=1' });
    expect((await load({ schema: anything, envFile, env: { PORT: '' } })).value).toEqual({ port: '1' });
  });

  test('what goes deeper wins, whichever comes first', async () => {
    for (const env of [
      { DB: 'a', DB__URL: 'b' },
      { DB__URL: 'b', DB: 'a' },
    ]) {
      expect((await load({ schema: anything, env })).value).toEqual({ db: { url: 'b' } });
    }
  });

  test('a .env file has comments, quotes and exports', async () => {
    const { '.env': envFile } = await files({
      '.env': '\ufeff# comment\nexport A=1 # one\nB="two words"\n\nC=\'#3\'\nD="a\nb"\n',
    });
    expect((await load({ schema: anything, envFile })).value).toEqual({ a: '1', b: 'two words', c: '#3', d: 'a\nb' });
  });

  test('a line of a .env file that is none is a fault', async () => {
    const { '.env': envFile } = await files({ '.env': 'B="two\nlines" # and so on\nmy password hunter2\nA=1\n' });
    const { faults, message } = await configError({ schema: anything, envFile });
    expect(faults).toEqual([
      { key: '', problem: 'a line that is no NAME=value', origin: { from: 'file', file: envFile, line: 3 } },
    ]);
    expect(message).not.toContain('hunter2');
  });
});

describe('flags', () => {
  test.each([
    [['--port=1'], { port: '1' }],
    [['--port', '1'], { port: '1' }],
    [['--port='], { port: '' }],
    [['--port=-1'], { port: '-1' }],
    [['--debug'], { debug: 'true' }],
    [['--debug', '--port', '1'], { debug: 'true', port: '1' }],
    [['--database.max-pool=1', '--database.url', 'x=y'], { database: { maxPool: '1', url: 'x=y' } }],
    [['--a=1', '--a=2'], { a: '2' }],
    [['--print-config=false', '--help=false', '--a=1'], { a: '1' }],
    [['--'], {}],
  ])('%j is %j', async (argv, value) => {
    const loaded = (await load({ schema: anything, argv })).value;
    expect(Object.entries(loaded)).toEqual(Object.entries(value));
  });

  test.each([
    [['port=1'], 'port=1', 'an argument that no flag stands before'],
    [['--a=1', 'b'], 'b', 'an argument that no flag stands before'],
    [['--print-config', 'b'], 'b', 'an argument that no flag stands before'],
    [['-p', '1'], '-p', 'a flag that is none: write --key=value'],
    [['--a..b=1'], '--a..b', 'a flag that is none: write --key=value'],
    [['--config'], '--config', 'it wants a file'],
  ])('%j is refused', async (argv, flag, problem) => {
    const { faults } = await configError({ schema: anything, argv });
    expect(faults).toEqual([{ key: '', problem, origin: { from: 'flag', flag } }]);
  });

  test('no key means more than another', async () => {
    const { message } = await configError({ schema: anything, argv: ['--__proto__.admin=1'] });
    expect(message).toContain('__proto__: the schema has no such key (--__proto__.admin)');
    expect(({} as { admin?: string }).admin).toBeUndefined();
  });
});
