import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** Where the agent listens if nobody says otherwise, and where HAProxy looks for it. */
export const DEFAULT_PORT = 12345;

const port = z.coerce.number().int().min(0).max(65_535);

const schema = z.object({
  bindAddress: z.string().default('127.0.0.1'),
  port: port.default(DEFAULT_PORT),
  logLevel: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** Metrics and health on 127.0.0.1; without it there are none, at no cost. */
  adminPort: port.optional(),
  /** A PostgreSQL server: `postgres://user:password@host/database`. Without it there is PGlite in `dataFolder`. */
  databaseUrl: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres://')
    .optional(),
  dataFolder: z.string().default(fileURLToPath(new URL('../data', import.meta.url))),
});

export type Settings = z.infer<typeof schema>;

/**
 * Read from a file `.env`, the environment (`PORT`, `DATABASE_URL`) and flags (`--port 9000`). `--print-config` tells what
 * is what, and why.
 */
export const configuration = { schema, argv: process.argv.slice(2) };
