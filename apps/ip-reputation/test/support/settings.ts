import { ConfigService } from '@spoa/framework/config';
import { parse } from 'valibot';
import type { DatabaseLocation } from '../../src/database/database.ts';
import { type Settings, type SettingsService, settings } from '../../src/settings.ts';

/** Settings for a database of its own and a free port, without a log. */
export function settingsFor(location: DatabaseLocation, more: Partial<Settings> = {}): SettingsService {
  const database = 'url' in location ? { databaseUrl: location.url } : { data: location.dataDirectory };
  return new ConfigService(parse(settings, { port: 0, logLevel: 'silent', ...database, ...more }));
}
