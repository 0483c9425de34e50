import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, expectTypeOf, test, vi } from 'vitest';
import { type Awaitable, MemoryStreamStore, StreamStore } from '../../src/index.ts';

describe('MemoryStreamStore', () => {
  // Only the clock is not real: the store has no timers.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
  afterEach(() => void vi.useRealTimers());

  test('gives what was put in, and once only where it is taken', () => {
    const store = new MemoryStreamStore<number>();
    store.set('a', 1);
    expect([store.get('a'), store.get('a'), store.size]).toEqual([1, 1, 1]);
    expect([store.take('a'), store.take('a'), store.get('a'), store.size]).toEqual([1, undefined, undefined, 0]);
  });

  test('puts a value in the place of the one before', () => {
    const store = new MemoryStreamStore<number>();
    store.set('a', 1);
    store.set('a', 2);
    expect([store.get('a'), store.size]).toEqual([2, 1]);
  });

  test('delete says whether there was one', () => {
    const store = new MemoryStreamStore<number>();
    store.set('a', 1);
    expect([store.delete('a'), store.delete('a'), store.size]).toEqual([true, false, 0]);
  });

  test('has room for as many as it may, then for the newest', () => {
    const store = new MemoryStreamStore<number>({ maxEntries: 3 });
    for (const [i, id] of ['a', 'b', 'c'].entries()) store.set(id, i);
    store.set('a', 9);
    expect([store.size, store.evicted]).toEqual([3, 0]);
    store.set('d', 3);
    expect(['a', 'b', 'c', 'd'].map((id) => store.get(id))).toEqual([9, undefined, 2, 3]);
    expect([store.size, store.evicted, store.expired]).toEqual([3, 1, 0]);
  });

  test('has room for 10000 by default', () => {
    const store = new MemoryStreamStore<number>();
    for (let i = 0; i <= 10_000; i++) store.set(String(i), i);
    expect([store.size, store.get('0'), store.get('1')]).toEqual([10_000, undefined, 1]);
  });

  test('keeps a value for its time and not longer, from when it was last put in', () => {
    const store = new MemoryStreamStore<number>({ ttlMs: 1000 });
    store.set('a', 1);
    vi.advanceTimersByTime(600);
    store.set('b', 2);
    store.set('c', 3);
    store.set('c', 4);
    vi.advanceTimersByTime(399);
    expect(store.get('a')).toBe(1);
    vi.advanceTimersByTime(1);
    expect([store.get('a'), store.take('a'), store.delete('a'), store.get('b')]).toEqual([
      undefined,
      undefined,
      false,
      2,
    ]);
    vi.advanceTimersByTime(600);
    expect([store.size, store.expired, store.evicted]).toEqual([0, 3, 0]);
  });

  test('keeps a value for a minute by default', () => {
    const store = new MemoryStreamStore<number>();
    store.set('a', 1);
    vi.advanceTimersByTime(59_999);
    expect(store.size).toBe(1);
    vi.advanceTimersByTime(1);
    expect(store.size).toBe(0);
  });

  test('has no id that means more than another', () => {
    const store = new MemoryStreamStore<number>();
    expect(store.get('__proto__')).toBeUndefined();
    store.set('__proto__', 1);
    expect([store.get('__proto__'), store.get('constructor')]).toEqual([1, undefined]);
  });

  test('takes ids of up to 256 characters, and none that is empty', () => {
    const store = new MemoryStreamStore<number>();
    store.set('x'.repeat(256), 1);
    for (const id of ['x'.repeat(257), '', undefined as unknown as string]) {
      expect(() => store.set(id, 1)).toThrow(expect.objectContaining({ code: 'SPOA_STREAM_ID_INVALID' }));
      expect(store.get(id)).toBeUndefined();
    }
    expect(store.size).toBe(1);
  });

  test.each([{ maxEntries: 0 }, { maxEntries: 1.5 }, { ttlMs: 0 }, { ttlMs: Number.NaN }])('refuses %j', (options) => {
    expect(() => new MemoryStreamStore(options)).toThrow(expect.objectContaining({ code: 'SPOA_VALUE_OUT_OF_RANGE' }));
  });

  test('does what a list would do that is searched every time', () => {
    const id = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const step = fc.oneof(
      fc.record({ call: fc.constantFrom('set', 'get', 'take', 'delete'), id }),
      fc.record({ call: fc.constant('wait'), ms: fc.integer({ min: 1, max: 60 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const store = new MemoryStreamStore<number>({ maxEntries: 3, ttlMs: 100 });
        let list: { id: string; value: number; at: number }[] = [];
        for (const [value, todo] of steps.entries()) {
          if ('ms' in todo) {
            vi.advanceTimersByTime(todo.ms);
            list = list.filter(({ at }) => at + 100 > performance.now());
            continue;
          }
          const found = list.find((entry) => entry.id === todo.id);
          if (todo.call === 'get') expect(store.get(todo.id)).toBe(found?.value);
          else {
            list = list.filter((entry) => entry !== found);
            if (todo.call === 'take') expect(store.take(todo.id)).toBe(found?.value);
            if (todo.call === 'delete') expect(store.delete(todo.id)).toBe(found !== undefined);
            if (todo.call === 'set') {
              store.set(todo.id, value);
              list = [...list, { id: todo.id, value, at: performance.now() }].slice(-3);
            }
          }
          expect(store.size).toBe(list.length);
        }
      }),
    );
  });
});

test('a store elsewhere may answer later, the one in memory answers at once', () => {
  expectTypeOf<ReturnType<StreamStore<number>['take']>>().toEqualTypeOf<Awaitable<number | undefined>>();
  expectTypeOf<ReturnType<MemoryStreamStore<number>['take']>>().toEqualTypeOf<number | undefined>();
  expect(new MemoryStreamStore()).toBeInstanceOf(StreamStore);
});
