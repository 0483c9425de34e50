import { readFile } from 'node:fs/promises';
import { int64 } from '@spoa/core';
import { expect, onTestFinished, test } from 'vitest';
import { Arg, Context, Injectable, Logs, type NotifyContext, SpoaApplication, SpoeMessage } from '../../src/index.ts';
import { SECRET_KEYS } from '../../src/logging/redaction.ts';
import { LEVEL } from '../support/recorded-log.ts';
import { connect, message, startApplication } from '../support/test-application.ts';
import { LoginController as LoginExample } from './docs/logging.ts';

@SpoeMessage('login')
class LoginController {
  readonly #logs: Logs;

  constructor(logs: Logs) {
    this.#logs = logs;
  }

  handle(@Arg('n') n: number, @Context() notify: NotifyContext): void {
    this.#logs.forNotify(LoginController, notify).info({ n }, 'asked');
    this.#logs.forNotify(LoginController, notify).debug({ n }, 'in detail');
  }
}

@Injectable()
class Service {
  readonly logs: Logs;

  constructor(logs: Logs) {
    this.logs = logs;
  }
}

const options = { controllers: [LoginController], providers: [Service] };
const ask = message('login', ['n', int64(1)]);

test('a line says who wrote it, for which connection and for which message', async () => {
  const { log, notify, engine } = await startApplication(options, { engineId: 'engine-1' });
  await notify(ask);
  const [line] = log.lines().filter(({ msg }) => msg === 'asked');
  expect(line).toMatchObject({
    level: LEVEL.info,
    context: 'LoginController',
    engineId: 'engine-1',
    peer: { transport: 'stream' },
    streamId: 1,
    frameId: 1,
    n: 1,
  });
  expect(engine.engineId).toBe('engine-1');
});

test('each connection has its logger, made once; each context too', async () => {
  const { app } = await startApplication(options);
  const logs = app.get(Logs);
  const seen: NotifyContext[] = [];
  expect(logs).toBe(app.get(Service).logs);
  expect(logs.root).toBe(app.logger);
  expect(logs.for(Service)).toBe(logs.for('Service'));
  const other = await startApplication({ controllers: [AskedController] });
  AskedController.tell = (notify) => seen.push(notify);
  await other.notify(message('asked'));
  await other.notify(message('asked'));
  const { engine } = await connect(other.app);
  await engine.notify([message('asked')]);
  const loggers = seen.map(({ connection }) => logs.forConnection('x', connection));
  expect(new Set(loggers).size).toBe(2);
  expect(loggers[0]).toBe(loggers[1]);
});

@SpoeMessage('asked')
class AskedController {
  static tell: (notify: NotifyContext) => void = () => undefined;

  handle(@Context() notify: NotifyContext): void {
    AskedController.tell(notify);
  }
}

test('the level of a context changes at run time, for connections that are open too', async () => {
  const { app, log, notify } = await startApplication(options);
  const logs = app.get(Logs);
  const said = async (): Promise<string[]> => {
    const before = log.lines().length;
    await notify(ask);
    return log
      .lines()
      .slice(before)
      .map(({ msg }) => msg);
  };
  logs.setLevel('info');
  expect(await said()).toEqual(['asked']);
  logs.setLevel('debug', LoginController);
  expect(await said()).toEqual(['asked', 'in detail']);
  expect(logs.levelOf('LoginController')).toBe('debug');
  expect(logs.levelOf('agent')).toBe('info');
  logs.setLevel('warn');
  expect(await said()).toEqual(['asked', 'in detail']);
  logs.setLevel(undefined, LoginController);
  expect(await said()).toEqual([]);
  logs.setLevel('silent', 'agent');
  expect(logs.for('agent').level).toBe('silent');
  expect(logs.for('later').level).toBe('warn');
});

test('what the agent says has a context of its own', async () => {
  const { app, log } = await startApplication(options);
  const opened = log.lines().filter(({ msg }) => msg === 'connection open');
  expect(opened).toMatchObject([{ context: 'agent' }]);
  app.get(Logs).setLevel('silent', 'agent');
  await connect(app);
  expect(log.lines().filter(({ msg }) => msg === 'connection open')).toHaveLength(1);
});

test('a level that there is not changes nothing', async () => {
  const { app } = await startApplication(options);
  const logs = app.get(Logs);
  expect(() => logs.setLevel('loud' as 'info')).toThrow('there is no log level loud: there are trace, debug');
  expect(() => logs.setLevel('loud' as 'info', 'agent')).toThrow(RangeError);
  expect(() => logs.setLevel(undefined)).toThrow(RangeError);
  expect(logs.levelOf('agent')).toBe('trace');
});

test('docs/logging.md: its example, its keys, its lines', async () => {
  const file = await readFile(new URL('docs/logging.ts', import.meta.url), 'utf8');
  const page = await readFile(new URL('../../../../docs/logging.md', import.meta.url), 'utf8');
  expect([...page.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code)).toEqual([file]);
  expect(page.split('\n').filter((line) => line.length > 135 && !line.startsWith('|'))).toEqual([]);
  for (const key of SECRET_KEYS)
    expect(page.toLowerCase()).toContain(`\`${key.replace(/[[\]"]/g, '').toLowerCase()}\``);
  const { log, notify } = await startApplication({ controllers: [LoginExample] });
  expect((await notify(message('check-login', ['user', 'root']))).get('session', 'blocked')).toBe(true);
  const lines = log.lines().filter(({ context }) => context === 'LoginController');
  expect(lines).toMatchObject([{ msg: 'ready' }, { msg: 'login refused', user: 'root', streamId: 1 }]);
});

test('two applications have their own', async () => {
  const apps = await Promise.all([1, 2].map(() => SpoaApplication.create({ ...options, logger: false })));
  for (const app of apps) onTestFinished(() => app.close());
  const [one, other] = apps.map((app) => app.get(Logs)) as [Logs, Logs];
  one.setLevel('debug', 'x');
  expect([one.levelOf('x'), other.levelOf('x')]).toEqual(['debug', 'silent']);
});
