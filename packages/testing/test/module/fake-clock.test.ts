import { mock } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  Arg,
  Injectable,
  MemoryStreamStore,
  NotifyContext,
  SetVar,
  SpoeMessage,
  type VariablesByScope,
} from '@spoa/framework';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Test } from '../../src/index.ts';

@SpoeMessage('slow', {
  deadlineMs: 20,
  fallback: { session: { score: 50 } },
  errorVar: { name: 'reason', scope: 'session' },
})
class SlowController {
  @SetVar('score', { scope: 'session' })
  async handle(@Arg('ms') ms: number): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, ms));
    return ms;
  }
}

@Injectable()
class Names extends MemoryStreamStore<string> {
  constructor() {
    super({ ttlMs: 60_000 });
  }
}

@SpoeMessage('remember')
class RememberController {
  constructor(private readonly names: Names) {}
  handle(@Arg('id') id: string, @Arg('name', { optional: true }) name?: string): VariablesByScope {
    if (name !== undefined) this.names.set(id, name);
    return { transaction: { name: this.names.get(id) } };
  }
}

const ended: number[] = [];

@Injectable({ scope: 'message' })
class Transaction implements Disposable {
  constructor(private readonly notify: NotifyContext) {}
  [Symbol.dispose](): void {
    ended.push(this.notify.streamId);
  }
}

@SpoeMessage('begin')
class BeginController {
  constructor(readonly transaction: Transaction) {}
  handle(): void {}
}

const module = {
  controllers: [SlowController, RememberController, BeginController],
  providers: [Names, Transaction],
};
const fallback = { session: { score: 50, reason: 'deadline' } };

describe.each(['before', 'after'])('vi.useFakeTimers(), %s the application is made', (when) => {
  let app: Awaited<ReturnType<ReturnType<typeof Test.createTestingModule>['compile']>>;
  beforeEach(async () => {
    if (when === 'before') vi.useFakeTimers();
    app = await Test.createTestingModule(module).compile();
    if (when === 'after') vi.useFakeTimers();
  });
  afterEach(async () => {
    // While the clock is still not the real one: nothing of it may be needed.
    await app.close();
    vi.useRealTimers();
  });

  test('what does not wait is answered as ever', async () => {
    expect(await app.inject(RememberController, { id: 'a' })).toEqual({});
    for (let i = 0; i < 50; i++) {
      expect(await app.inject('remember', { id: 'a', name: `n${i}` })).toEqual({ transaction: { name: `n${i}` } });
    }
  });

  test('a deadline passes when the clock is moved, and not before', async () => {
    const answers: unknown[] = [];
    const answer = app.inject(SlowController, { ms: 30 }).then((variables) => answers.push(variables));
    await vi.advanceTimersByTimeAsync(19);
    expect(answers).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await answer;
    expect(answers).toEqual([fallback]);
    expect(app.failures).toMatchObject([{ message: 'slow', error: { code: 'SPOA_DEADLINE_EXCEEDED' } }]);
    await vi.advanceTimersByTimeAsync(10);
    expect([...app.lateResults]).toEqual([['slow', 1]]);
  });

  test('the message is with its handler when the clock is moved at once, however far', async () => {
    for (let i = 0; i < 20; i++) {
      const answer = app.inject(SlowController, { ms: 1e6 });
      await vi.advanceTimersByTimeAsync(20);
      expect(await answer).toEqual(fallback);
    }
    const answer = app.inject(SlowController, { ms: 5 });
    await vi.advanceTimersByTimeAsync(600_000);
    expect(await answer).toEqual({ session: { score: 5 } });
  });

  test('many at once, on several connections', async () => {
    const connections = await Promise.all([app.connect(), app.connect({ engineId: 'b' })]);
    const answers = connections.flatMap((one) => [one.inject('slow', { ms: 3 }), one.inject('slow', { ms: 300 })]);
    await vi.advanceTimersByTimeAsync(20);
    expect(await Promise.all(answers)).toEqual([
      { session: { score: 3 } },
      fallback,
      { session: { score: 3 } },
      fallback,
    ]);
  });

  test('a StreamStore forgets when its time is over', async () => {
    await app.inject(RememberController, { id: 'a', name: 'first' });
    await vi.advanceTimersByTimeAsync(59_999);
    expect(await app.inject(RememberController, { id: 'a' })).toEqual({ transaction: { name: 'first' } });
    await vi.advanceTimersByTimeAsync(60_001);
    expect(await app.inject(RememberController, { id: 'a' })).toEqual({});
  });

  test('what is made for a NOTIFY ends with it', async () => {
    ended.length = 0;
    await app.inject(BeginController, {}, { streamId: 9 });
    await app.close();
    expect(ended).toEqual([9]);
  });

  test('what was never answered is given up at the end', async () => {
    const answer = expect(app.inject(SlowController, { ms: 1e6 })).rejects.toMatchObject({ code: 'SPOA_DISCONNECTED' });
    await app.close();
    await answer;
  });
});

test("the mock timers of node:test, with a performance.now of one's own", async () => {
  await using app = await Test.createTestingModule(module).compile();
  const begin = performance.now();
  let now = begin;
  mock.timers.enable({ apis: ['setTimeout'] });
  mock.method(performance, 'now', () => now);
  try {
    const answer = app.inject(SlowController, { ms: 30 });
    await nextTurn();
    now += 20;
    mock.timers.tick(20);
    expect(await answer).toEqual(fallback);
  } finally {
    mock.reset();
  }
});
