import { expect, test } from 'vitest';
import {
  Arg,
  Args,
  Context,
  defineMessage,
  EngineId,
  FrameId,
  Message,
  NotifyContext,
  SpoeMessage,
  StreamId,
} from '../../src/index.ts';
import { connect, message, startApplication } from '../support/test-application.ts';
import { until } from '../support/until.ts';

const ENGINE_ID = '5d6a8c3e-1d1f-4a3b-9c55-0f9d2f1c7a10';

function spy() {
  const seen: unknown[][] = [];
  @SpoeMessage('m')
  class Spying {
    handle(
      @FrameId() frameId: number,
      @Arg('a') a: string,
      @StreamId() streamId: number,
      @EngineId() engineId: string | undefined,
      @Context() notify: NotifyContext,
      @Args() args: Message,
    ): void {
      seen.push([frameId, a, streamId, engineId, notify, args, [...args], notify.messages.length, notify.peer]);
    }
  }
  return { Spying, seen };
}

test('the parts of a NOTIFY reach their parameters, whatever their order', async () => {
  const { Spying, seen } = spy();
  const { engine } = await startApplication({ controllers: [Spying] }, { engineId: ENGINE_ID });
  await engine.notify([message('other'), message('m', ['a', 'x'], ['', 1], ['a', null])], { streamId: 41, frameId: 7 });
  const [frameId, a, streamId, engineId, notify, args, list, messages, peer] = seen[0] as unknown[];
  expect([frameId, a, streamId, engineId, messages]).toEqual([7, 'x', 41, ENGINE_ID, 2]);
  expect(notify).toBeInstanceOf(NotifyContext);
  expect(args).toBeInstanceOf(Message);
  expect(peer).toEqual({ transport: 'stream' });
  expect(list).toEqual([
    { name: 'a', type: 'STRING', value: 'x' },
    { name: '', type: 'INT32', value: 1 },
    { name: 'a', type: 'NULL', value: null },
  ]);
});

test('an engine without an id has none', async () => {
  const { Spying, seen } = spy();
  const { notify } = await startApplication({ controllers: [Spying] }, { engineId: null });
  await notify(message('m', ['a', 'x']));
  expect(seen[0]?.[3]).toBeUndefined();
});

test('each of two messages of one name gets itself', async () => {
  const values: unknown[] = [];
  @SpoeMessage('m')
  class Reading {
    handle(@Args() args: Message): void {
      values.push([args.name, args.get('a'), args.at(0)?.value, args.length]);
    }
  }
  const { notify } = await startApplication({ controllers: [Reading] });
  await notify(message('m', ['a', 1]), message('m', ['a', 2], ['b', 3]));
  expect(values).toEqual([
    ['m', 1, 1, 1],
    ['m', 2, 2, 2],
  ]);
});

test('a message is read after an await, and no longer after its ACK', async () => {
  let message1: Message | undefined;
  const values: unknown[] = [];
  @SpoeMessage('m')
  class Reading {
    async handle(@Args() args: Message, @Context() notify: NotifyContext): Promise<void> {
      message1 = args;
      await new Promise(setImmediate);
      values.push(args.get('a'), notify.messages.get('m')?.get('a'));
    }
  }
  const { notify } = await startApplication({ controllers: [Reading] });
  await notify(message('m', ['a', 'still here']));
  expect(values).toEqual(['still here', 'still here']);
  expect(() => message1?.get('a')).toThrow(expect.objectContaining({ code: 'SPOA_NOTIFY_SETTLED' }));
});

test('the signal tells a handler that nobody waits any more', async () => {
  const reasons: unknown[] = [];
  let called = false;
  const controllers = [
    defineMessage({
      name: 'm',
      handle(_args, notify) {
        called = true;
        return new Promise<void>((resolve) => {
          notify.signal.addEventListener('abort', () => {
            reasons.push(notify.signal.reason);
            resolve();
          });
        });
      },
    }),
  ];
  const { app } = await startApplication({ controllers });
  const { engine } = await connect(app);
  const answer = engine.notify([message('m')]);
  await until('the handler', () => called);
  engine.destroy();
  await expect(answer).rejects.toMatchObject({ code: 'SPOA_DISCONNECTED' });
  await until('the signal', () => reasons.length === 1);
  expect(reasons).toMatchObject([{ code: 'SPOA_DISCONNECTED' }]);
});

test('a controller is one instance and keeps its this', async () => {
  @SpoeMessage('m')
  class Counting {
    readonly #seen: number[] = [];
    handle(@Arg('a') a: number): object {
      this.#seen.push(a);
      return { session: { count: this.#seen.length } };
    }
  }
  const { app, notify } = await startApplication({ controllers: [Counting] });
  await notify(message('m', ['a', 1]));
  const { engine } = await connect(app);
  expect((await engine.notify([message('m', ['a', 2])])).get('session', 'count')).toBe(2);
});
