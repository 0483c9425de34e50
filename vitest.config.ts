import { defineConfig } from 'vitest/config';

const conditions = ['source', 'node'];

export default defineConfig({
  // Packages are tested from source; the same code from dist is what `npm start` runs.
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true } },
  test: {
    include: ['{packages,apps}/*/test/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: ['./test/haproxy-setup.ts'],
    typecheck: { enabled: false },
    testTimeout: 30_000,
    hookTimeout: 180_000,
    reporters: ['default', './test/summary-reporter.ts'],
  },
});
