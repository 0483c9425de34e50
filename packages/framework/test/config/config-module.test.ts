import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { ConfigError, ConfigModule, ConfigService } from '../../src/config/index.ts';
import { BootError, Inject, Injectable, Module, SpoaApplication } from '../../src/index.ts';

const schema = z.object({ port: z.coerce.number(), database: z.object({ url: z.string() }) });
type Settings = z.infer<typeof schema>;

@Injectable()
class Database {
  readonly url: string;

  constructor(config: ConfigService<Settings>) {
    this.url = config.get('database.url');
  }
}

/** It imports nothing: the configuration is visible everywhere. */
@Module({ providers: [Database], exports: [Database] })
class DatabaseModule {}

describe('ConfigModule', () => {
  test('provides the configuration to every module', async () => {
    const env = { PORT: '9000', DATABASE__URL: 'x' };
    const app = await SpoaApplication.create(
      { module: class Root {}, imports: [DatabaseModule, ConfigModule.forRoot({ schema, env, envFile: false })] },
      { logger: false },
    );
    onTestFinished(() => app.close());
    expect(app.get<Database>(Database).url).toBe('x');
    expect(app.get<ConfigService<Settings>>(ConfigService).value.port).toBe(9000);
  });

  test('with isGlobal: false only to those that import it', async () => {
    const config = ConfigModule.forRoot({
      schema,
      env: { PORT: '1', DATABASE__URL: 'x' },
      envFile: false,
      isGlobal: false,
    });
    const create = (imports: (typeof config)[]) =>
      SpoaApplication.create(
        { module: class Root {}, imports: [config, { module: DatabaseModule, imports }] },
        { logger: false },
      );
    const app = await create([config]);
    onTestFinished(() => app.close());
    await expect(create([])).rejects.toMatchObject({ faults: [{ code: 'SPOA_BOOT_PROVIDER' }] });
  });

  test('provides the one that is there', async () => {
    const useValue = new ConfigService({ port: 9000, database: { url: 'x' } });
    const imports = [ConfigModule.forRoot({ useValue }), DatabaseModule];
    await using app = await SpoaApplication.create({ imports, controllers: [], logger: false });
    expect(app.get<ConfigService<Settings>>(ConfigService)).toBe(useValue);
    expect(app.get<Database>(Database).url).toBe('x');
    const notGlobal = [ConfigModule.forRoot({ useValue, isGlobal: false }), DatabaseModule];
    await expect(SpoaApplication.create({ imports: notGlobal, controllers: [], logger: false })).rejects.toMatchObject({
      faults: [{ code: 'SPOA_BOOT_PROVIDER' }],
    });
  });

  test('a wrong value stops the start, with every fault, before anything else is made', async () => {
    let made = 0;
    const error: unknown = await SpoaApplication.create(
      {
        module: class Root {},
        imports: [ConfigModule.forRoot({ schema, env: { PORT: 'x' }, envFile: false })],
        providers: [{ provide: 'other', useFactory: () => (made += 1) }],
      },
      { logger: false },
    ).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BootError);
    expect((error as BootError).faults).toMatchObject([{ code: 'SPOA_BOOT_FACTORY' }]);
    expect((error as BootError).faults[0]?.cause).toBeInstanceOf(ConfigError);
    expect((error as BootError).message).toMatch(/port: .*\(PORT\)\n +database: .*\(not given: DATABASE\)/);
    expect(made).toBe(0);
  });

  test('a test puts a configuration of its own in its place', async () => {
    const app = await SpoaApplication.create(
      { module: class Root {}, imports: [ConfigModule.forRoot({ schema, env: {}, envFile: false }), DatabaseModule] },
      {
        logger: false,
        overrides: [{ provide: ConfigService, useValue: new ConfigService({ port: 1, database: { url: 'test' } }) }],
      },
    );
    onTestFinished(() => app.close());
    expect(app.get<Database>(Database).url).toBe('test');
  });

  test('--print-config prints it and ends the process', async () => {
    const { stdout } = await runChild(['--port=9000', '--print-config', '--database.url', 'x://u:hunter2@h']);
    expect(stdout).toBe('port: 9000 # --port\ndatabase:\n  url: "x://u:***@h" # --database.url\n');
  });

  test.each(['--help', '-h'])(
    '%s prints what there is to set and ends the process, whatever is wrong',
    async (help) => {
      const { stdout } = await runChild(['--port=x', help, 'else']);
      expect(stdout).toBe(
        [
          'Settings, each by a flag, a variable (in the environment or .env), or a key of the file that --config names:',
          '',
          '  --port            PORT             where it listens (required)',
          '  --database.url    DATABASE__URL    (default: "pg://u:***@h")',
          '  --database.token  DATABASE__TOKEN',
          '',
          '  --config FILE   a YAML or JSON file of settings',
          '  --print-config  prints the settings that are in force, and where each came from',
          '  --help, -h      prints this',
          '',
        ].join('\n'),
      );
    },
  );

  test('--help of a schema that does not tell says how settings are given', async () => {
    const { stdout } = await runChild(['--help'], 'silent');
    expect(stdout).toMatch(/^ {2}--KEY {2}KEY {2}those of the schema$/m);
  });

  test('--print-config with a wrong value says what is wrong', async () => {
    await expect(runChild(['--print-config', '--port=x'])).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('port: Invalid input: expected number, received NaN (--port)'),
    });
  });
});

/** Injecting by a string works as for any other provider. */
test('a value of its own can be injected by a factory', async () => {
  @Injectable()
  class Listening {
    constructor(@Inject('port') readonly port: number) {}
  }
  const port = {
    provide: 'port',
    inject: [ConfigService],
    useFactory: (config: ConfigService<Settings>) => config.get('port'),
  };
  const env = { PORT: '9000', DATABASE__URL: 'x' };
  const app = await SpoaApplication.create({
    logger: false,
    controllers: [],
    imports: [ConfigModule.forRoot({ schema, env, envFile: false })],
    providers: [port, Listening],
  });
  onTestFinished(() => app.close());
  expect(app.get<Listening>(Listening).port).toBe(9000);
});

/** Starts an application in a process of its own. Vite brings TypeScript to Node 20, which has none. */
function runChild(argv: readonly string[], schema = 'telling'): Promise<{ stdout: string; stderr: string }> {
  const run = `
    const { runnerImport } = await import('vite');
    const conditions = ['source', 'node'];
    const { module } = await runnerImport(${JSON.stringify(fileURLToPath(new URL('./start.child.ts', import.meta.url)))}, {
      configFile: false,
      logLevel: 'error',
      resolve: { conditions },
      ssr: { resolve: { conditions, externalConditions: conditions } },
      oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
    });
    await module.start(${JSON.stringify(argv)}, ${JSON.stringify(schema)});
  `;
  const cwd = fileURLToPath(new URL('../../../..', import.meta.url));
  return promisify(execFile)(process.execPath, ['--input-type=module', '-e', run], { cwd });
}
