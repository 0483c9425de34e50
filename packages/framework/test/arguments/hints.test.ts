import { IpAddress } from '@spoa/core';
import { expect, test } from 'vitest';
import { Arg, SpoeMessage } from '../../src/index.ts';
import { message, startApplication } from '../support/test-application.ts';

/** The constructor's name of what arrives, or the failure. */
async function received(controller: new () => { handle(value: never): unknown }, value: string | number | IpAddress) {
  const seen: unknown[] = [];
  class Spying extends controller {
    override handle(...values: [never]): void {
      seen.push(values[0]);
    }
  }
  SpoeMessage('m')(Spying);
  const { app, notify } = await startApplication({ controllers: [Spying] });
  await notify(message('m', ['a', value]));
  return seen.length === 0 ? [...app.failures.keys()] : seen;
}

test('the emitted type is a hint', async () => {
  class Text {
    handle(@Arg('a') _value: string): void {}
  }
  class Integer {
    handle(@Arg('a') _value: number): void {}
  }
  class Exact {
    handle(@Arg('a') _value: bigint): void {}
  }
  class Flag {
    handle(@Arg('a') _value: boolean): void {}
  }
  class Bytes {
    handle(@Arg('a') _value: Buffer): void {}
  }
  class Octets {
    handle(@Arg('a') _value: Uint8Array): void {}
  }
  class Address {
    handle(@Arg('a') _value: IpAddress): void {}
  }
  expect(await received(Text, 'x')).toEqual(['x']);
  expect(await received(Text, 1)).toEqual(['m SPOA_ARGUMENT_TYPE']);
  expect(await received(Integer, 1)).toEqual([1]);
  expect(await received(Exact, 1)).toEqual([1n]);
  expect(await received(Flag, 1)).toEqual(['m SPOA_ARGUMENT_TYPE']);
  expect(await received(Bytes, 'x')).toEqual([Buffer.from('x')]);
  expect(await received(Octets, 'x')).toEqual([Buffer.from('x')]);
  expect(await received(Address, IpAddress.v4(1))).toEqual([IpAddress.v4(1)]);
  expect(await received(Address, '192.0.2.1')).toEqual(['m SPOA_ARGUMENT_TYPE']);
});

test('an explicit type wins over the hint', async () => {
  class Explicit {
    handle(@Arg('a', { type: 'latin1' }) _value: string): void {}
  }
  class Contrary {
    handle(@Arg('a', { type: 'bigint' }) _value: number | bigint): void {}
  }
  class OnlyExplicit {
    handle(@Arg('a', { type: 'any' }) _value: Date): void {}
  }
  expect(await received(Explicit, 'ë')).toEqual(['Ã«']);
  expect(await received(Contrary, 1)).toEqual([1n]);
  expect(await received(OnlyExplicit, 'no date')).toEqual(['no date']);
});

test('without either the natural type is passed', async () => {
  class Natural {
    handle(@Arg('a') _value: unknown): void {}
  }
  expect(await received(Natural, 'x')).toEqual(['x']);
  expect(await received(Natural, 1)).toEqual([1]);
  expect(await received(Natural, IpAddress.v4(1))).toEqual([IpAddress.v4(1)]);
});

test('a class that overrides handle with decorators of its own is bound by them alone', async () => {
  const seen: unknown[] = [];
  class Base {
    handle(@Arg('a') _value: string): void {}
  }
  @SpoeMessage('m')
  class Overriding extends Base {
    override handle(@Arg('b', { type: 'any' }) value: unknown): void {
      seen.push(value);
    }
  }
  const { app, notify } = await startApplication({ controllers: [Overriding] });
  await notify(message('m', ['a', 'a'], ['b', 2]));
  expect([...app.failures]).toEqual([]);
  expect(seen).toEqual([2]);
});

test('decorators of a class that extends another do not reach the other', async () => {
  const seen: unknown[] = [];
  @SpoeMessage('m')
  class Base {
    handle(@Arg('a', { type: 'any' }) value: unknown): void {
      seen.push(value);
    }
  }
  @SpoeMessage('n')
  class Overriding extends Base {
    override handle(@Arg('b', { type: 'any' }) value: unknown): void {
      seen.push(value);
    }
  }
  const { notify } = await startApplication({ controllers: [Base, Overriding] });
  await notify(message('m', ['a', 'a'], ['b', 'b']), message('n', ['a', 'a'], ['b', 'b']));
  expect(seen).toEqual(['a', 'b']);
});
