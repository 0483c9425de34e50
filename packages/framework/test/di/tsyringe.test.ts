import 'reflect-metadata';
import { container, inject, injectAll, injectable, singleton } from 'tsyringe';
import { describe, expect, test } from 'vitest';
import { Inject, Injectable, Optional, type Provider, SpoaApplication, SpoeMessage } from '../../src/index.ts';

/** Boots an application without controllers. */
const boot = (...providers: Provider[]) => SpoaApplication.create({ controllers: [], providers, logger: false });

class Plain {}

describe("tsyringe's own decorators", () => {
  test('@injectable and @inject make a service as ours do', async () => {
    @injectable()
    class Theirs {
      constructor(
        readonly plain: Plain,
        @inject('port') readonly port: number,
        @inject('host', { isOptional: true }) readonly host: string | undefined,
      ) {}
    }
    const app = await boot(Theirs, Plain, { provide: 'port', useValue: 1 });
    expect(app.get(Theirs)).toMatchObject({ plain: app.get(Plain), port: 1, host: undefined });
  });

  test('may stand beside ours on one class', async () => {
    @singleton()
    @Injectable()
    class Both {
      constructor(
        @inject('a') readonly a: string,
        @Inject('b') readonly b: string,
        @inject('c') @Optional() readonly c: string | undefined,
      ) {}
    }
    const app = await boot(Both, { provide: 'a', useValue: 'a' }, { provide: 'b', useValue: 'b' });
    expect(app.get(Both)).toMatchObject({ a: 'a', b: 'b', c: undefined });
  });

  test('make a controller as well', async () => {
    @SpoeMessage('m')
    class Controller {
      constructor(@inject('port') readonly port: number) {}
      handle(): void {}
    }
    const app = await SpoaApplication.create({
      controllers: [Controller],
      providers: [{ provide: 'port', useValue: 1 }],
      logger: false,
    });
    expect(app.get(Controller).port).toBe(1);
  });

  test('that ask for what we do not give are a fault: all that stands for a token', async () => {
    @injectable()
    class Taking {
      constructor(@injectAll('port') readonly ports: number[]) {}
    }
    await expect(boot(Taking, { provide: 'port', useValue: 1 })).rejects.toMatchObject({
      faults: [{ code: 'SPOA_BOOT_PROVIDER', where: 'Taking, constructor parameter 1' }],
    });
  });
});

test("what is registered in tsyringe's global container is nobody's provider, and stays as it is", async () => {
  const here = new Plain();
  container.registerInstance(Plain, here);
  try {
    const app = await boot(Plain);
    expect(app.get(Plain)).not.toBe(here);
    expect(container.resolve(Plain)).toBe(here);
    const empty = await boot();
    expect(() => empty.get(Plain)).toThrow('nothing provides Plain');
  } finally {
    container.reset();
  }
});
