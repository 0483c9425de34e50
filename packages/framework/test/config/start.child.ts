import * as v from 'valibot';
import { z } from 'zod';
import { ConfigModule } from '../../src/config/index.ts';
import { SpoaApplication } from '../../src/index.ts';

const schemas = {
  telling: z.object({
    port: z.coerce.number().describe('where it listens'),
    database: z.object({ url: z.string().default('pg://u:hunter2@h'), token: z.string().optional() }).optional(),
  }),
  silent: v.object({ port: v.string() }),
};

/** An application as `main.ts` of a program starts it. */
export async function start(argv: readonly string[], name: keyof typeof schemas): Promise<void> {
  try {
    const imports = [ConfigModule.forRoot({ schema: schemas[name], argv, env: {}, envFile: false })];
    const app = await SpoaApplication.create({ imports, controllers: [], logger: false });
    await app.close();
    console.log('started');
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
