import 'reflect-metadata';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as framework from '../../src/index.ts';
import { BootError, type Class, Injectable, IpAddress, SpoaApplication, SpoeMessage } from '../../src/index.ts';
import { connect, message, startApplication } from '../support/test-application.ts';
import { AppModule, bootstrap } from './nest-application.ts';
import { PathController, TenantGuard, Timing } from './nest-enhancers.ts';
import { scoreOfTheTest } from './nest-testing.ts';
import { readPage } from './support/pages.ts';

const page = await readPage('coming-from-nestjs');

describe('docs/coming-from-nestjs.md', () => {
  test('the agent', async () => {
    const app = await SpoaApplication.create(AppModule, { logger: false });
    onTestFinished(() => app.close({ timeoutMs: 0, quietMs: 0 }));
    const { engine } = await connect(app);
    const score = async (ip: string) => {
      const asked = message('get-ip-reputation', ['ip', IpAddress.parse(ip) ?? null]);
      return (await engine.notify([asked])).get('session', 'ip_score');
    };
    expect([await score('10.0.0.1'), await score('192.0.2.1')]).toEqual([100, 50]);
  });

  test('the agent, started', async () => {
    const app = await bootstrap(0);
    expect(app.addresses).toHaveLength(1);
    await app.close({ timeoutMs: 0 });
  });

  test('the guard, the interceptor and the decorators', async () => {
    const { app, notify } = await startApplication({ controllers: [PathController], providers: [Timing] });
    const allowed = async (tenant: string, path: string) =>
      (await notify(message('check-path', ['tenant', tenant], ['path', path]))).get('transaction', 'allowed');
    expect(await allowed('shop', '/')).toBe(true);
    expect(await allowed('blog', '/admin')).toBe(false);
    expect(await allowed('other', '/')).toBe(false);
    expect(app.get<Timing>(Timing).tookMs).toHaveLength(2);
    expect(app.failures.get('check-path SPOA_GUARD_DENIED')).toBe(1);
    expect(new TenantGuard()).toHaveProperty('canActivate');
  });

  test('the test', async () => {
    expect(await scoreOfTheTest()).toEqual({ session: { ip_score: 7 } });
  });

  test('what is different on purpose', async () => {
    @SpoeMessage('one')
    class First {
      handle(): void {}
    }
    @SpoeMessage('one')
    class Second {
      handle(_nothing?: string): void {}
    }
    @Injectable()
    class Egg {
      constructor(readonly hen: object) {}
    }
    const hen = { provide: 'hen', inject: [Egg], useFactory: () => ({}) };
    const egg = { provide: Egg, inject: ['hen'], useFactory: () => ({}) };
    const start = (controllers: Class[], providers: framework.Provider[] = []) =>
      SpoaApplication.create({ controllers, providers, logger: false }).then(
        () => [],
        (error: unknown) => (error instanceof BootError ? error.faults.map(({ code }) => code) : [error]),
      );
    expect(await start([First, Second])).toEqual(
      expect.arrayContaining(['SPOA_BOOT_MESSAGE_TWICE', 'SPOA_BOOT_PARAMETER']),
    );
    expect(await start([First], [hen, egg])).toContain('SPOA_BOOT_CYCLE');
  });

  test('an Observable is no result', async () => {
    class Observable {}
    @SpoeMessage('observed')
    class ObservedController {
      handle(): object {
        return new Observable();
      }
    }
    const { app, notify } = await startApplication({ controllers: [ObservedController] });
    await notify(message('observed'));
    expect([...app.failures.keys()]).toEqual(['observed SPOA_RESULT_INVALID']);
  });

  test('names decorators and classes of ours that there are', () => {
    const here = page.split('\n').flatMap((line) => (line.startsWith('| ') ? (line.split(' | ')[1] ?? '') : ''));
    const decorators = here.flatMap((cell) => [...cell.matchAll(/`@([A-Z][A-Za-z]+)/g)].map(([, name]) => name));
    expect(decorators.length).toBeGreaterThan(5);
    for (const name of decorators) expect(Object.keys(framework)).toContain(name);
  });
});
