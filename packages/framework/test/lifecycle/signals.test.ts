import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { connectEngine } from '@spoa/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SpoaApplication } from '../../src/index.ts';
import { message } from '../support/test-application.ts';
import { until } from '../support/until.ts';

const AGENT = fileURLToPath(new URL('../fixtures/signals/agent.mjs', import.meta.url));

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
