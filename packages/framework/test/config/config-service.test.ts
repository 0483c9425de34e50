import { describe, expect, expectTypeOf, test } from 'vitest';
import { z } from 'zod';
import { type ConfigKey, ConfigService } from '../../src/config/index.ts';
import { load } from './support.ts';

const schema = z.object({
  port: z.coerce.number(),
  database: z.object({ url: z.string() }),
  tls: z.object({ cert: z.string() }).optional(),
  tags: z.array(z.string()).default([]),
});

describe('ConfigService', () => {
  test('gives what stands at a key, typed', async () => {
    const config = await load({ schema, env: { PORT: '9000', DATABASE__URL: 'x' } });
    const port = config.get('port');
    const url = config.get('database.url');
    const cert = config.get('tls.cert');
    expectTypeOf(port).toEqualTypeOf<number>();
    expectTypeOf(url).toEqualTypeOf<string>();
    expectTypeOf(cert).toEqualTypeOf<string | undefined>();
    expectTypeOf(config.get('tags')).toEqualTypeOf<string[]>();
    expectTypeOf<ConfigKey<z.infer<typeof schema>>>().toEqualTypeOf<
      'port' | 'database' | 'database.url' | 'tls' | 'tls.cert' | 'tags'
    >();
    expect([port, url, cert]).toEqual([9000, 'x', undefined]);
    expect(config.value.database).toEqual({ url: 'x' });
  });

  test('gives nothing that is not in the configuration itself', async () => {
    const config = new ConfigService<Record<string, string>>({ a: 'b' });
    expect(config.get('a')).toBe('b');
    for (const key of ['constructor', '__proto__', 'toString', 'a.length', 'b'])
      expect(config.get(key)).toBeUndefined();
  });

  test('a test makes one of its own', () => {
    const config = new ConfigService<z.infer<typeof schema>>({ port: 1, database: { url: 'x' }, tags: [] });
    expect(config.get('database.url')).toBe('x');
    expect(config.origins.size).toBe(0);
  });
});
