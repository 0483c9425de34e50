import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { printConfig } from '../../src/config/index.ts';
import { files, load } from './support.ts';

const anything = z.record(z.string(), z.unknown());

/** What becomes of one text under one key. */
async function printed(key: string, value: string, secrets: string[] = []): Promise<string> {
  const { 'c.json': file } = await files({ 'c.json': JSON.stringify({ [key]: value }) });
  const text = printConfig(await load({ schema: anything, file, secrets }));
  return text.slice(text.indexOf(': ') + 2, text.lastIndexOf(' #'));
}

describe('printConfig', () => {
  test('shows every value with where it came from, and no secret', async () => {
    const paths = await files({
      'c.yaml': [
        'database:',
        '  url: postgres://app:hunter2@db/app',
        '  maxPool: 5',
        'servers:',
        '  - host: a',
        '    password: hunter2',
        'empty: {}',
        '',
      ].join('\n'),
      '.env': 'PORT=9000',
    });
    const config = await load({
      schema: z.object({
        port: z.coerce.number(),
        log: z.string().default('info'),
        tags: z.string().transform((text) => text.split(',')),
        database: z.object({ url: z.string(), maxPool: z.coerce.number(), password: z.string() }),
        servers: z.array(z.unknown()),
        empty: z.object(),
        debug: z.stringbool(),
        absent: z.string().optional(),
      }),
      file: paths['c.yaml'],
      envFile: paths['.env'],
      env: { DATABASE__PASSWORD: 'hunter2' },
      argv: ['--tags=a,b', '--debug'],
    });
    expect(printConfig(config)).toBe(
      [
        `port: 9000 # PORT in ${paths['.env']}`,
        'log: "info" # default',
        'tags: ["a","b"] # --tags',
        'database:',
        `  url: "postgres://app:***@db/app" # ${paths['c.yaml']}:2`,
        `  maxPool: 5 # ${paths['c.yaml']}:3`,
        '  password: "***" # DATABASE__PASSWORD',
        `servers: [{"host":"a","password":"***"}] # ${paths['c.yaml']}:5`,
        `empty: {} # ${paths['c.yaml']}:7`,
        'debug: true # --debug',
        '',
      ].join('\n'),
    );
  });

  test('is YAML of the same values, whatever they are', async () => {
    const { 'c.yaml': file } = await files({
      'c.yaml':
        'true: "yes"\n"a # b": "c # d"\n"": " "\nlines: "1\\n2"\ntext: "5"\nnone:\nlist: [{ a: [] }, "é\\0"]\n"{": "*"\n',
    });
    const config = await load({ schema: anything, file });
    expect(parse(printConfig(config))).toEqual(config.value);
  });

  test.each([
    'password',
    'dbPassword',
    'PASSWD',
    'clientSecret',
    'apiToken',
    'apiKey',
    'api_key',
    'privateKeys',
    'credentials',
  ])('a value of %s is masked', async (key) => {
    expect(await printed(key, 'hunter2')).toBe('"***"');
  });

  test('the options name further secrets, with all below them', async () => {
    const { 'c.yaml': file } = await files({ 'c.yaml': 'db:\n  dsn: x\n  pin: 5\n  on: true\nuser: y\n' });
    const config = await load({ schema: anything, file, secrets: ['db'] });
    expect(config.toJSON()).toEqual({ db: { dsn: '***', pin: '***', on: true }, user: 'y' });
  });

  test.each([
    ['postgres://u:p@h/d', 'postgres://u:***@h/d'],
    ['postgres://u:p@ss@h/d', 'postgres://u:***@h/d'],
    ['https://token@h/d', 'https://***@h/d'],
    ['redis://:p@h', 'redis://:***@h'],
    ['a b://u:p@h c://u:p@h', 'a b://u:***@h c://u:***@h'],
    ['https://h/d?a=1&password=p&b=2', 'https://h/d?a=1&password=***&b=2'],
    ['https://h/?access_token=p#x', 'https://h/?access_token=***#x'],
    ['https://h/a@b', 'https://h/a@b'],
    ['https://h:8080/', 'https://h:8080/'],
    ['me@example.org', 'me@example.org'],
  ])('%s becomes %s', async (text, masked) => {
    expect((await printed('value', text)).replaceAll(/^"|"$/g, '')).toBe(masked);
  });

  test('what is empty is no secret', async () => {
    expect(await printed('password', '')).toBe('""');
  });

  test('what a schema makes is shown as far as it is known', async () => {
    class Custom {
      readonly inner = 'hunter2';
    }
    const config = await load({
      schema: z.object({
        url: z.string().transform((text) => new URL(text)),
        date: z.coerce.date(),
        set: z.string().transform((text) => new Set([text])),
        map: z.string().transform((text) => new Map([['password', text]])),
        big: z.coerce.bigint(),
        pattern: z.string().transform((text) => new RegExp(text)),
        custom: z.string().transform(() => new Custom()),
        call: z.string().transform(() => () => 'hunter2'),
      }),
      env: {
        URL: 'https://u:hunter2@h/',
        DATE: '2026-01-02',
        SET: 'a',
        MAP: 'hunter2',
        BIG: '9007199254740993',
        PATTERN: 'a+',
        CUSTOM: 'x',
        CALL: 'x',
      },
    });
    expect(config.toJSON()).toEqual({
      url: 'https://u:***@h/',
      date: '2026-01-02T00:00:00.000Z',
      set: ['a'],
      map: { password: '***' },
      big: '9007199254740993',
      pattern: '/a+/',
      custom: '[Custom]',
      call: '[function]',
    });
    expect(printConfig(config)).not.toContain('hunter2');
  });

  test('logged, inspected and as JSON a configuration shows no secret', async () => {
    const config = await load({ schema: anything, env: { TOKEN: 'hunter2', DB__URL: 'x://u:hunter2@h' } });
    expect(config.value).toMatchObject({ token: 'hunter2' });
    for (const text of [JSON.stringify({ config }), inspect(config), inspect({ config }), printConfig(config)]) {
      expect(text).toContain('***');
      expect(text).not.toContain('hunter2');
    }
  });
});
