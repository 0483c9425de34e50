import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { configError, files, load } from './support.ts';

const schema = z.object({
  port: z.coerce.number().int(),
  database: z.object({ url: z.url(), maxPool: z.coerce.number().default(5) }),
  servers: z.array(z.object({ host: z.string() })).default([]),
});

describe('a wrong configuration', () => {
  test('is told with every fault and where each came from', async () => {
    const paths = await files({ 'c.yaml': 'servers:\n  - host: a\n  - host: 5\n', '.env': 'PORT=x' });
    const error = await configError({
      schema,
      file: paths['c.yaml'],
      envFile: paths['.env'],
      env: { DATABASE__MAX_POOL: 'many' },
      argv: ['--database.url', 'nowhere'],
    });
    expect(error.message).toBe(
      [
        'the configuration has 4 faults:',
        `  port: Invalid input: expected number, received NaN (PORT in ${paths['.env']})`,
        '  database.url: Invalid URL (--database.url)',
        '  database.maxPool: Invalid input: expected number, received NaN (DATABASE__MAX_POOL)',
        `  servers.1.host: Invalid input: expected string, received number (${paths['c.yaml']}:3)`,
      ].join('\n'),
    );
    expect(error).toMatchObject({ name: 'ConfigError', code: 'SPOA_CONFIG_INVALID' });
    expect(error.faults[1]).toEqual({
      key: 'database.url',
      problem: 'Invalid URL',
      origin: { from: 'flag', flag: '--database.url' },
    });
  });

  test('names the ways to give what is missing', async () => {
    const { 'c.yaml': file } = await files({ 'c.yaml': 'port: 1\ndatabase: {}\n' });
    const maxPool = z.object({ database: z.object({ maxPool: z.string() }) });
    const { faults } = await configError({ schema: maxPool, file, envPrefix: 'AGENT_', argv: ['--database.x=1'] });
    expect(faults).toEqual([
      {
        key: 'database.maxPool',
        problem: expect.stringContaining(` (not given: AGENT_DATABASE__MAX_POOL, --database.max-pool, ${file})`),
      },
    ]);
    expect((await configError({ schema })).message).toMatch(/database: .* \(not given: DATABASE\)$/m);
  });

  test('keys of a file and flags that the schema has not are faults; variables may be for others', async () => {
    const { 'c.yaml': file } = await files({ 'c.yaml': 'prot: 1\n' });
    const { message } = await configError({
      schema: z.object({ port: z.coerce.number().default(1) }),
      file,
      env: { ELSE: '1' },
      argv: ['--ports=2'],
    });
    expect(message).toBe(
      `the configuration has 2 faults:\n  prot: the schema has no such key: did you mean port? (${file}:1)\n  ports: the schema has no such key: did you mean --port? (--ports)`,
    );
  });

  test.each([
    ['datbase.url', { argv: ['--datbase.url=x'] }, 'datbase', '--database.url'],
    ['print-confg', { argv: ['--print-confg'] }, 'printConfg', '--print-config'],
    ['databaseUrl', { argv: ['--database-url=x'] }, 'databaseUrl', '--database.url'],
    ['AGENT_PROT', { env: { AGENT_PROT: '1' } }, 'prot', 'AGENT_PORT'],
    ['AGENT_DATABASE_URL', { env: { AGENT_DATABASE_URL: 'x' } }, 'databaseUrl', 'AGENT_DATABASE__URL'],
  ])('what %s is most likely meant to be is told', async (_name, source, key, meant) => {
    const optional = z.object({ port: z.string().optional(), database: z.object({ url: z.string() }).optional() });
    const { faults } = await configError({ schema: optional, envPrefix: 'AGENT_', ...source });
    const problem = `the schema has no such key: did you mean ${meant}?`;
    expect(faults).toEqual([{ key, problem, origin: expect.anything() }]);
  });

  test.each([
    ['one that is like no key', { AGENT_HOST: '1' }],
    ['one like a key that is given', { AGENT_PORTS: '1', AGENT_PORT: '1' }],
    ['one without the prefix', { PROT: '1' }],
  ])('a variable may be for others: %s', async (_what, env) => {
    const optional = z.object({ port: z.string().optional() });
    await expect(load({ schema: optional, env, envPrefix: 'AGENT_' })).resolves.toBeDefined();
    await expect(load({ schema: optional, env: { PROT: '1' } })).resolves.toBeDefined();
  });

  test('a variable of a .env file is for this program', async () => {
    const { '.env': envFile } = await files({ '.env': 'PROT=1\n' });
    const { message } = await configError({ schema: z.object({ port: z.string().default('1') }), envFile });
    expect(message).toContain(`prot: the schema has no such key: did you mean PORT? (PROT in ${envFile})`);
  });

  test('what is missing may be there by another name', async () => {
    const { message } = await configError({ schema, env: { PROT: '1', DATABASE__URI: 'https://a' }, argv: [] });
    expect(message).toMatch(/^ {2}port: .* \(not given: PORT, --port; PROT is for no key: did you mean PORT\?\)$/m);
    expect(message).toMatch(/^ {2}database.url: .*; DATABASE__URI is for no key: did you mean DATABASE__URL\?\)$/m);
    const section = await configError({ schema, env: { PORT: '1', DATABASE_URL: 'https://a' } });
    expect(section.message).toMatch(/^ {2}database: .*; DATABASE_URL is for no key: did you mean DATABASE__URL\?\)$/m);
  });

  test('keys that a strict schema of zod refuses are told one by one, each with its origin', async () => {
    const { 'c.yaml': file } = await files({ 'c.yaml': 'a:\n  x: 1\n  bid: 2\n  bids: [3]\n' });
    const strict = z.object({ a: z.strictObject({ bids: z.array(z.number()) }) });
    expect((await configError({ schema: strict, file })).faults).toEqual([
      { key: 'a.x', problem: 'the schema has no such key', origin: { from: 'file', file, line: 2 } },
      {
        key: 'a.bid',
        problem: 'the schema has no such key: did you mean a.bids?',
        origin: { from: 'file', file, line: 3 },
      },
    ]);
  });

  test('a fault of several keys together stands at what they are in', async () => {
    const range = z
      .object({ min: z.coerce.number(), max: z.coerce.number() })
      .refine(({ min, max }) => min < max, 'min < max');
    const { faults } = await configError({ schema: range, env: { MIN: '2', MAX: '1' } });
    expect(faults).toEqual([{ key: '', problem: 'min < max' }]);
  });
});

describe('schemas of valibot', () => {
  const agent = v.object({
    port: v.pipe(v.string(), v.toNumber(), v.integer()),
    apiToken: v.pipe(v.string(), v.minLength(20)),
    database: v.optional(v.object({ url: v.pipe(v.string(), v.regex(/^postgres:/)) }), { url: 'postgres://a/b' }),
  });

  test('are taken alike', async () => {
    const { value } = await load({ schema: agent, env: { PORT: '9000', API_TOKEN: 'x'.repeat(20) } });
    expect(value).toEqual({ port: 9000, apiToken: 'x'.repeat(20), database: { url: 'postgres://a/b' } });
  });

  test('say nothing secret, though they quote what they were given', async () => {
    const url = 'mysql://me:hunter2@db/x';
    const { faults, message } = await configError({
      schema: agent,
      env: { PORT: 'x', API_TOKEN: 'topsecret', DATABASE__URL: url },
    });
    expect(faults.map(({ key }) => key)).toEqual(['port', 'apiToken', 'database.url']);
    expect(faults[2]?.problem).toContain('mysql://me:***@db/x');
    expect(message).not.toMatch(/hunter2|topsecret/);
  });

  test('say nothing of a secret that only the options name', async () => {
    const pin = v.object({ pin: v.pipe(v.string(), v.startsWith('99')) });
    const { message } = await configError({ schema: pin, env: { PIN: '1234' }, secrets: ['pin'] });
    expect(message).toContain('received *** (PIN)');
    expect(message).not.toContain('12');
  });
});

test('a schema may take its time', async () => {
  const slow = z.object({ port: z.coerce.number().refine(async (port) => port > 1023, 'a privileged port') });
  expect((await load({ schema: slow, env: { PORT: '9000' } })).value.port).toBe(9000);
  expect((await configError({ schema: slow, env: { PORT: '80' } })).message).toContain('a privileged port (PORT)');
});
