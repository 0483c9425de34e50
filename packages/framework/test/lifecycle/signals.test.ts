import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connectEngine } from '@spoa/core';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Provider, SpoaApplication } from '../../src/index.ts';
import { message } from '../support/test-application.ts';
import { until } from '../support/until.ts';

const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/signals/${name}`, import.meta.url));
const AGENT = fixture('agent.mjs');

/** The agent of the fixture, in a process of its own. */
async function start(...flags: string[]) {
  const child: ChildProcess = spawn(process.execPath, [AGENT, ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const ended = once(child, 'close') as Promise<[code: number | null, signal: string | null]>;
  let text = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const lines = () => text.split('\n').slice(0, -1);
  await until('the port', () => lines().some((line) => line.startsWith('port ')));
  const port = Number(lines()[0]?.slice('port '.length));
  const engine = await connectEngine({ host: '127.0.0.1', port });
  onTestFinished(() => engine.destroy());
  return { child, ended, engine, lines: () => lines().slice(1) };
}

describe('a process with shutdown hooks', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'drains at %s, calls the hooks, and ends by itself with 0',
    async (signal) => {
      const { child, ended, engine, lines } = await start();
      const answer = engine.notify([message('slow')]);
      await until('the handler', () => lines().includes('handle'));
      child.kill(signal);
      expect((await answer).get('session', 'v')).toBe(1);
      expect(await ended).toEqual([0, null]);
      expect(lines()).toEqual(['handle', `beforeShutdown ${signal}`, 'handled', `onShutdown ${signal}`, 'dispose']);
    },
  );

  test('ends with 1 where a hook fails', async () => {
    const { child, ended, lines } = await start('--failing');
    child.kill('SIGTERM');
    expect(await ended).toEqual([1, null]);
    expect(lines()).toEqual(['beforeShutdown SIGTERM', 'onShutdown SIGTERM', 'dispose']);
  });

  test('ends at once at a second signal', async () => {
    const { child, ended, engine, lines } = await start('--stuck');
    const answer = engine.notify([message('slow')]).catch((error: unknown) => error);
    await until('the handler', () => lines().includes('handle'));
    child.kill('SIGTERM');
    await until('the hook', () => lines().includes('beforeShutdown SIGTERM'));
    child.kill('SIGINT');
    expect(await ended).toEqual([null, 'SIGINT']);
    expect(await answer).toMatchObject({ code: 'SPOA_DISCONNECTED' });
  });
});

/** What is told, and how the process ends, where SIGTERM comes as soon as it says `starting`. */
async function stoppedWhileItStarts(...flags: string[]) {
  const child = spawn(process.execPath, [fixture('starting.mjs'), ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    if (chunk.includes('starting')) child.kill('SIGTERM');
  });
  let problems = '';
  child.stderr.on('data', (chunk: Buffer) => {
    problems += chunk.toString();
  });
  const ended = await once(child, 'close');
  return { ended, said: said.trim().split('\n'), problems };
}

describe('a signal that comes while the application starts', () => {
  test('ends the process with 0, and no failure is told', async () => {
    expect(await stoppedWhileItStarts()).toEqual({
      ended: [0, null],
      said: ['starting', 'closed', 'dispose'],
      problems: '',
    });
  });

  test('hides no hook that fails', async () => {
    const { ended, problems } = await stoppedWhileItStarts('--failing');
    expect(ended).toEqual([1, null]);
    expect(problems).toContain('"service".onModuleInit: it failed: as asked');
  });
});

describe('serve', () => {
  const create = (...providers: Provider[]) => SpoaApplication.create({ controllers: [], providers, logger: false });

  test('listens on each address', async () => {
    await using app = await create();
    await app.serve({ host: '127.0.0.1', port: 0 }, { host: '127.0.0.1', port: 0 });
    expect(app.state).toBe('ready');
    expect(app.addresses).toHaveLength(2);
  });

  test('resolves when the application is closed, where a signal came before it listens', async () => {
    const app = await create();
    const served = app.serve({ host: '127.0.0.1', port: 0 });
    process.emit('SIGTERM', 'SIGTERM');
    await served;
    expect(app.state).toBe('closed');
  });

  test('keeps to the signals that were asked for', async () => {
    const before = process.listenerCount('SIGTERM');
    await using app = await create();
    await app.enableShutdownHooks(['SIGUSR2']).serve({ host: '127.0.0.1', port: 0 });
    expect(process.listenerCount('SIGTERM')).toBe(before);
  });

  test('closes everything where it cannot listen', async () => {
    const disposed = vi.fn();
    const app = await create({ provide: 'service', useFactory: () => ({ [Symbol.dispose]: disposed }) });
    const served = app.serve({ host: '127.0.0.1', port: 0 }, { host: '192.0.2.1', port: 0 });
    await expect(served).rejects.toMatchObject({ code: 'SPOA_LISTEN_FAILED' });
    expect(app.state).toBe('closed');
    expect(disposed).toHaveBeenCalledOnce();
  });

  test('is refused by an application that the program has closed', async () => {
    const app = await create();
    await app.close();
    await expect(app.serve({ port: 0 })).rejects.toMatchObject({ code: 'SPOA_AGENT_CLOSED' });
  });
});

describe('shutdown hooks', () => {
  const listeners = () => ['SIGTERM', 'SIGINT', 'SIGUSR2'].map((signal) => process.listenerCount(signal));

  test('listen to the signals that were asked for, each once, and no longer than the application lives', async () => {
    const before = listeners();
    const app = await SpoaApplication.create({ controllers: [], logger: false });
    expect(app.enableShutdownHooks(['SIGUSR2']).enableShutdownHooks(['SIGUSR2', 'SIGTERM'])).toBe(app);
    expect(listeners()).toEqual([(before[0] as number) + 1, before[1], (before[2] as number) + 1]);
    await app.close();
    expect(listeners()).toEqual(before);
    app.enableShutdownHooks();
    expect(listeners()).toEqual(before);
  });

  test('are gone with a start that failed', async () => {
    const before = listeners();
    const broken = {
      provide: 'broken',
      useValue: {
        onModuleInit() {
          throw new Error('no');
        },
      },
    };
    const app = await SpoaApplication.create({ controllers: [], providers: [broken], logger: false });
    await expect(app.enableShutdownHooks().init()).rejects.toMatchObject({ code: 'SPOA_BOOT_FAILED' });
    expect(listeners()).toEqual(before);
  });
});
