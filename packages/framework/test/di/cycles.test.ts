import 'reflect-metadata';
import { describe, expect, test } from 'vitest';
import {
  type BootFault,
  type Class,
  Inject,
  Injectable,
  type Provider,
  SpoaApplication,
  SpoeMessage,
} from '../../src/index.ts';

/** The faults of an application with these providers. */
async function faultsOf(providers: readonly Provider[], controllers: readonly Class[] = []) {
  try {
    const app = await SpoaApplication.create({ controllers, providers, logger: false });
    await app.close();
    return [];
  } catch (error) {
    return (error as { faults: readonly BootFault[] }).faults;
  }
}

/** What a cycle looks like, from its first provider back to it. */
const cycle = (path: string) => ({
  code: 'SPOA_BOOT_CYCLE',
  where: path.split(' -> ')[0],
  problem: `it needs itself: ${path}`,
});

@Injectable()
class A {
  constructor(@Inject('B') readonly b: object) {}
}

@Injectable()
class B {
  constructor(readonly a: A) {}
}

describe('providers that need each other', () => {
  test('through a token', async () => {
    expect(await faultsOf([A, { provide: 'B', useClass: B }])).toMatchObject([cycle('A -> "B" -> A')]);
  });

  test('are told once, whoever else needs them', async () => {
    @Injectable()
    class Needing {
      constructor(
        readonly a: A,
        @Inject('B') readonly b: object,
      ) {}
    }
    @SpoeMessage('m')
    class Controller {
      constructor(readonly a: A) {}
      handle(): void {}
    }
    const providers = [Needing, { provide: 'B', useClass: B }, A];
    expect(await faultsOf(providers, [Controller])).toMatchObject([cycle('A -> "B" -> A')]);
  });

  test('through an alias, a factory and a symbol', async () => {
    const symbol = Symbol('made');
    const providers: Provider[] = [
      A,
      { provide: 'B', useExisting: 'alias' },
      { provide: 'alias', useFactory: () => 1, inject: ['first', symbol] },
      { provide: 'first', useValue: 1 },
      { provide: symbol, useFactory: () => 1, inject: [A] },
    ];
    expect(await faultsOf(providers)).toMatchObject([cycle('A -> "B" -> "alias" -> Symbol(made) -> A')]);
  });

  test('or themselves', async () => {
    expect(await faultsOf([{ provide: 'me', useExisting: 'me' }])).toMatchObject([cycle('"me" -> "me"')]);
    @Injectable()
    class Own {
      constructor(@Inject('own') readonly own: object) {}
    }
    expect(await faultsOf([{ provide: 'own', useClass: Own }])).toMatchObject([cycle('"own" -> "own"')]);
  });

  test('in two circles are two faults', async () => {
    const needs = (provide: string, ...inject: string[]): Provider => ({ provide, inject, useFactory: () => 1 });
    expect(await faultsOf([needs('a', 'b', 'c'), needs('b', 'a'), needs('c', 'd'), needs('d', 'c')])).toMatchObject([
      cycle('"a" -> "b" -> "a"'),
      cycle('"c" -> "d" -> "c"'),
    ]);
  });

  test('only seemingly are no fault: two ways to one provider', async () => {
    const needs = (provide: string, ...inject: string[]): Provider => ({ provide, inject, useFactory: () => 1 });
    expect(await faultsOf([needs('a', 'b', 'c'), needs('b', 'd'), needs('c', 'd'), needs('d')])).toEqual([]);
  });

  test('deep down are found without running out of stack', async () => {
    const chain = Array.from(
      { length: 2000 },
      (_, i): Provider => ({
        provide: `p${i}`,
        inject: [`p${(i + 1) % 2000}`],
        useFactory: () => 1,
      }),
    );
    const faults = await faultsOf(chain);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject({ code: 'SPOA_BOOT_CYCLE', where: '"p0"' });
  });
});

describe('a type that was not there when the class was declared', () => {
  // What compilers emit for a class that is declared further down, or in a file that imports this one.
  class Early {
    constructor(readonly late: object) {}
  }
  Reflect.defineMetadata('design:paramtypes', [undefined], Early);

  test('is a fault that says so, whether it would have been a cycle or not', async () => {
    const faults = await faultsOf([Early]);
    expect(faults).toMatchObject([{ code: 'SPOA_BOOT_PROVIDER', where: 'Early, constructor parameter 1' }]);
    expect(faults[0]?.problem).toContain('declared later');
    expect(faults[0]?.remedy).toContain('@Inject(token)');
  });

  test('is named by a token, and then a cycle is seen', async () => {
    class Named {
      constructor(readonly late: object) {}
    }
    Reflect.defineMetadata('design:paramtypes', [undefined], Named);
    Inject('late')(Named, undefined, 0);
    @Injectable()
    class Late {
      constructor(readonly named: Named) {}
    }
    expect(await faultsOf([Named, { provide: 'late', useClass: Late }])).toMatchObject([
      cycle('Named -> "late" -> Named'),
    ]);
  });
});
