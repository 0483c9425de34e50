import { ConfigError, describeOrigin, loadConfig } from '@spoa/framework/config';
import { z } from 'zod';

const schema = z.object({ port: z.coerce.number().default(9000), workers: z.coerce.number().default(1) });

export async function main(argv: readonly string[]): Promise<void> {
  try {
    const config = await loadConfig({ schema, argv });
    const port = config.origins.get('port');
    console.log(`port ${config.get('port')}, from ${port && describeOrigin(port)}`);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
