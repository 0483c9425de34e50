import { z } from 'zod';

/** Where the agent listens if nobody says otherwise, and where HAProxy looks for it. */
export const DEFAULT_PORT = 12345;

const port = z.coerce.number().int().min(0).max(65_535);

const schema = z.object({
  bindAddress: z.string().default('127.0.0.1').describe('address to listen on'),
  port: port.default(DEFAULT_PORT).describe('where HAProxy finds the agent'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('debug, info, warn or error'),
  adminPort: port.optional().describe('/metrics, /readyz and more on this port of 127.0.0.1'),
});

export type Settings = z.infer<typeof schema>;

/**
 * Read from a file `.env`, the environment (`PORT`, `LOG_LEVEL`) and flags (`--port 9000`). `--help` tells what there is to
 * set, `--print-config` what is set, and why.
 */
export const configuration = { schema, argv: process.argv.slice(2) };
