import { z } from 'zod';
import { ConfigModule } from '../../src/config/index.ts';
import { SpoaApplication } from '../../src/index.ts';

const schema = z.object({ port: z.coerce.number(), database: z.object({ url: z.string() }).optional() });

/** An application as `main.ts` of a program starts it. */
export async function start(argv: readonly string[]): Promise<void> {
  try {
    const imports = [ConfigModule.forRoot({ schema, argv, env: {}, envFile: false })];
    const app = await SpoaApplication.create({ imports, controllers: [], logger: false });
    await app.close();
    console.log('started');
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
