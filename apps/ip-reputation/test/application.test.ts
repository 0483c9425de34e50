import { afterAll, expect, test } from 'vitest';
import { startApplication } from '../src/application.ts';
import { pglite } from './support/databases.ts';
import { settingsFor } from './support/settings.ts';

const databases = pglite();
afterAll(() => databases.stop());

test('a signal that comes before it listens ends it, and that is no failure', async () => {
  const location = await databases.create();
  const app = await startApplication(settingsFor(location), {
    provide: 'signalled',
    useValue: { onModuleInit: () => process.emit('SIGTERM', 'SIGTERM') },
  });
  expect(app.state).not.toBe('ready');
  await app.close();
  expect(app.state).toBe('closed');
  expect(process.exitCode).toBeUndefined();
});
