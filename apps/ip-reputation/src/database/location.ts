import type { SettingsService } from '../settings.ts';
import type { DatabaseLocation } from './database.ts';

/** Where the database is: the server, if one is named, unless a flag names a folder. */
export function locationOf({ value, origins }: SettingsService): DatabaseLocation {
  const { data, databaseUrl } = value;
  const isTyped = origins.get('data')?.from === 'flag';
  return databaseUrl === undefined || isTyped ? { dataDirectory: data } : { url: databaseUrl };
}
