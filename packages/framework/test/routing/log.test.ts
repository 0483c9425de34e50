import { IpAddress, int64, uint64, type WritableMessage, type WritableValue } from '@spoa/core';
import { describe, expect, test } from 'vitest';
import {
  Arg,
  type ArgumentTypeName,
  defineMessage,
  ipv4,
  SetVar,
  type SpoaApplicationOptions,
  SpoeMessage,
} from '../../src/index.ts';
import { LEVEL } from '../support/recorded-log.ts';
import { connect, message, startApplication } from '../support/test-application.ts';

describe('messages that nobody handles', () => {
  test('are counted by name and said once each', async () => {
    const { app, log, notify } = await startApplication({ controllers: [] });
    for (let i = 0; i < 3; i++) await notify(message('a'), message('b'), message('a'));
    expect([...app.unknownMessages]).toEqual([
      ['a', 6],
      ['b', 3],
    ]);
    expect(log.loud.map(({ level, message: name }) => [level, name])).toEqual([
      [LEVEL.warn, 'a'],
      [LEVEL.warn, 'b'],
    ]);
    expect(log.loud[0]).toMatchObject({ peer: { transport: 'stream' } });
    expect(log.loud[0]?.msg).toContain('no controller for this message');
  });

  test('are counted together for all connections, and apart for each application', async () => {
    const { app, log, notify } = await startApplication({ controllers: [] });
    const other = await startApplication({ controllers: [] });
    const { engine } = await connect(app);
    await notify(message('a'));
    await engine.notify([message('a')]);
    expect([...app.unknownMessages]).toEqual([['a', 2]]);
    expect(log.loud).toHaveLength(1);
    expect([...other.app.unknownMessages]).toEqual([]);
  });

  test('under ever new names take no more memory than 256 of them', async () => {
    const { app, log, engine } = await startApplication({ controllers: [] });
    for (let i = 0; i < 10; i++) {
      await engine.notify(Array.from({ length: 100 }, (_, n) => message(`stranger-${i * 100 + n}`)));
    }
    expect(app.unknownMessages.size).toBe(257);
    expect(app.unknownMessages.get('stranger-255')).toBe(1);
    expect(app.unknownMessages.get('stranger-256')).toBeUndefined();
    expect(app.unknownMessages.get('(others)')).toBe(744);
    expect(log.loud).toHaveLength(257);
  });

  test('under a very long name are cut', async () => {
    const { app, log, notify } = await startApplication({ controllers: [] });
    await notify(message('x'.repeat(10_000)));
    expect([...app.unknownMessages.keys()]).toEqual(['x'.repeat(128)]);
    expect(log.texts(LEVEL.warn)[0]?.length).toBeLessThan(500);
  });

  test('under a name with line ends and escapes stay on one line', async () => {
    const { log, notify } = await startApplication({ controllers: [] });
    await notify(message('a\n{"level":60}\r\u001b[31m'));
    expect(log.texts(LEVEL.warn)).toHaveLength(1);
    expect([...(log.texts(LEVEL.warn)[0] as string).trimEnd()].every((character) => character >= ' ')).toBe(true);
  });

  test('an empty name is a name', async () => {
    const { app, notify } = await startApplication({ controllers: [] });
    await notify(message(''));
    expect([...app.unknownMessages]).toEqual([['', 1]]);
  });

  test('that only begin like a handled one are not handled', async () => {
    let calls = 0;
    const { app, notify } = await startApplication({
      controllers: ['ip', 'ip-reputation', 'IP'].map((name) => defineMessage({ name, handle: () => void calls++ })),
    });
    await notify(message('ip-'), message('i'), message('ip-reputation2'), message('Ip'), message('ip\0'));
    expect(calls).toBe(0);
    expect(app.unknownMessages.size).toBe(5);
    await notify(message('ip'), message('ip-reputation'), message('IP'), message('ip'));
    expect(calls).toBe(4);
  });
});

test('names that share a hash are told apart', async () => {
  // Both have the FNV-1a hash 0x5e4daa9d.
  const [name, twin] = ['costarring', 'liquid'];
  const seen: string[] = [];
  const handler = (each: string) => defineMessage({ name: each, handle: () => void seen.push(each) });
  const both = await startApplication({ controllers: [handler('first'), handler(name), handler(twin)] });
  await both.notify(message(twin), message(name), message(twin), message(twin));
  expect(seen).toEqual([twin, name, twin, twin]);
  const one = await startApplication({ controllers: [handler('first'), handler(name)] });
  await one.notify(message(twin));
  expect([...one.app.unknownMessages]).toEqual([[twin, 1]]);
});

test('each of a thousand messages finds its handler', async () => {
  const seen: string[] = [];
  const names = Array.from({ length: 1000 }, (_, i) => `message-${i.toString(36)}`);
  const { app, notify } = await startApplication({
    controllers: names.map((name) => defineMessage({ name, handle: () => void seen.push(name) })),
  });
  for (let i = 0; i < names.length; i += 500) await notify(...names.slice(i, i + 500).map((name) => message(name)));
  expect(seen).toEqual(names);
  expect([...app.unknownMessages]).toEqual([]);
});

describe('failures', () => {
  @SpoeMessage('m')
  class Failing {
    @SetVar('v', { scope: 'session' })
    handle(@Arg('how', { type: 'any' }) how: unknown): number {
      if (how === 'throw') throw new RangeError('on purpose');
      if (how === 'code') throw Object.assign(new Error('no way out'), { code: 'ENOENT' });
      if (how === 'text') throw 'a text';
      if (how === 'nothing') throw undefined;
      return 0.5;
    }
  }

  test('are said once for each message and code, then counted and told at debug', async () => {
    const { app, log, notify } = await startApplication({ controllers: [Failing] });
    for (let i = 0; i < 3; i++)
      await notify(message('m', ['how', 'throw']), message('m', ['how', 'float']), message('m'));
    expect(Object.fromEntries(app.failures)).toEqual({
      'm RangeError': 3,
      'm SPOA_VARIABLE_INVALID': 3,
      'm SPOA_ARGUMENT_MISSING': 3,
    });
    const told = log.lines().filter(({ msg }) => msg.startsWith('the message failed'));
    expect(told.filter(({ level }) => level === LEVEL.error)).toHaveLength(3);
    expect(told.filter(({ level }) => level === LEVEL.debug)).toHaveLength(6);
  });

  test('say where: message, handler, peer, stream and frame', async () => {
    const { log, engine } = await startApplication({ controllers: [Failing] });
    await engine.notify([message('m', ['how', 'throw'])], { streamId: 77, frameId: 5 });
    expect(log.loud).toHaveLength(1);
    expect(log.loud[0]).toMatchObject({
      message: 'm',
      where: 'Failing.handle',
      peer: { transport: 'stream' },
      streamId: 77,
      frameId: 5,
      err: { type: 'RangeError', message: 'on purpose', stack: expect.stringContaining('log.test.ts') },
    });
  });

  test('are counted by code where the error has one, else by its name, whatever was thrown', async () => {
    const { app, notify } = await startApplication({ controllers: [Failing] });
    for (const how of ['code', 'text', 'nothing', 'throw']) await notify(message('m', ['how', how]));
    expect([...app.failures.keys()]).toEqual(['m ENOENT', 'm string', 'm undefined', 'm RangeError']);
  });

  test('say once what is wrong with a value, and what to do', async () => {
    const { log, notify } = await startApplication({ controllers: [Failing] });
    await notify(message('m', ['how', 'float']));
    expect(log.loud[0]?.err).toMatchObject({ code: 'SPOA_VARIABLE_INVALID', facts: { reason: 'SPOA_VALUE_INVALID' } });
    const remedy = 'round it, multiply it, or send it as text';
    expect(log.loud[0]?.err?.message?.split(remedy)).toEqual([
      expect.stringMatching(/^\w+ variable \w+: 0\.5 is /),
      '',
    ]);
  });
});

describe('no value of an argument or a variable is told above debug', () => {
  const SECRET = 'S3CRET-value';
  const NUMBER = 7_777_777_777_777_777n;
  const values: readonly WritableValue[] = [
    SECRET,
    Buffer.from(SECRET),
    uint64(NUMBER * 100n),
    int64(-NUMBER),
    true,
    null,
    IpAddress.v4(0x0a4d4d4d),
  ];
  const TYPES: readonly ArgumentTypeName[] = [
    'string',
    'latin1',
    'number',
    'bigint',
    'boolean',
    'ip',
    'buffer',
    'view',
  ];
  const hexOf = (text: string) => Buffer.from(text).toString('hex');
  const marks = [
    SECRET,
    hexOf(SECRET),
    Buffer.from(SECRET).toString('base64'),
    [...Buffer.from(SECRET)].join(','),
    String(NUMBER),
    '10.77.77.77',
  ];

  async function loudAfter(controllers: SpoaApplicationOptions['controllers'], ...sent: WritableMessage[]) {
    const { app, log, notify } = await startApplication({ controllers });
    for (const each of sent) await notify(each);
    const loud = log.texts(LEVEL.info).join('');
    for (const mark of marks) expect(loud).not.toContain(mark);
    return { failures: app.failures, loud };
  }

  test('when an argument has another type, has none, or is beyond what is safe', async () => {
    const controllers = TYPES.map((type) =>
      defineMessage({ name: type, args: { [SECRET.toLowerCase()]: 'any', a: type }, handle: () => {} }),
    );
    const sent = TYPES.flatMap((type) =>
      values.map((value) => message(type, [SECRET.toLowerCase(), SECRET], ['a', value])),
    );
    const { failures } = await loudAfter(controllers, ...sent);
    expect(failures.get('string SPOA_ARGUMENT_TYPE')).toBe(5);
    expect(failures.get('number SPOA_ARGUMENT_UNSAFE')).toBe(1);
    expect(failures.get('ip SPOA_ARGUMENT_MISSING')).toBe(1);
  });

  test('when nobody handles the message', async () => {
    const { loud } = await loudAfter(
      [],
      message('stranger', ...values.map((value, i) => [`a${i}`, value] as [string, WritableValue])),
    );
    expect(loud).toContain('stranger');
  });

  test('when a variable cannot be set to it', async () => {
    const controllers = [
      defineMessage({
        name: 'object',
        args: { a: 'any' },
        vars: { v: 'session' },
        handle: ({ a }) => ({ v: { a } as unknown as string }),
      }),
      defineMessage({
        name: 'list',
        args: { a: 'any' },
        vars: { v: 'session' },
        handle: ({ a }) => ({ v: [a] as unknown as string }),
      }),
      defineMessage({
        name: 'big',
        args: { a: 'any' },
        vars: { v: 'session' },
        handle: ({ a }) => ({ v: String(a).repeat(5000) }),
      }),
      defineMessage({
        name: 'address',
        args: { a: 'any' },
        vars: { v: 'session' },
        handle: ({ a }) => ({ v: ipv4(String(a)) }),
      }),
      defineMessage({ name: 'result', args: { a: 'any' }, vars: { v: 'session' }, handle: ({ a }) => a as object }),
    ];
    const sent = ['object', 'list', 'big', 'address', 'result'].map((name) => message(name, ['a', SECRET]));
    const { failures } = await loudAfter(controllers, ...sent);
    expect([...failures.keys()]).toEqual([
      'object SPOA_VARIABLE_INVALID',
      'list SPOA_VARIABLE_INVALID',
      'big SPOA_ACK_TOO_BIG',
      'address SPOA_VALUE_INVALID',
      'result SPOA_RESULT_INVALID',
    ]);
  });

  test('when all goes well', async () => {
    const controllers = [
      defineMessage({ name: 'm', args: { a: 'any' }, vars: { v: 'session' }, handle: ({ a }) => ({ v: a }) }),
    ];
    await loudAfter(controllers, ...values.map((value) => message('m', ['a', value])));
  });
});
