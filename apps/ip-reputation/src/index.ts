export { agent } from './agent.ts';
export { AppModule } from './app.module.ts';
export { startApplication } from './application.ts';
export { createProgram, runProgram } from './commands/program.ts';
export { addSettings, settingsOf } from './commands/settings-options.ts';
export { AGENT_APPLICATION, COMMAND_APPLICATION } from './database/application-names.ts';
export { Database, type DatabaseLocation, openDatabase } from './database/database.ts';
export { locationOf } from './database/location.ts';
export type { Query } from './database/query.ts';
export {
  type Entry,
  entriesFor,
  type ListStatistics,
  listStatistics,
  removeEntries,
  removeList,
  setEntry,
} from './entries/entries.ts';
export { Prefix } from './entries/prefix.ts';
export { prefixesOfRange } from './entries/range.ts';
export { haproxyFiles } from './haproxy-files.ts';
export { FORMATS, type FormatName } from './import/formats/formats.ts';
export { type BadLine, ImportError, type ImportOptions, type ImportResult, importList } from './import/import-list.ts';
export { IpReputationController } from './ip-reputation.controller.ts';
export { seedBundledLists } from './lists/seed.ts';
export type { Log } from './service/log.ts';
export { type Reputation, type ReputationOptions, ReputationService } from './service/reputation-service.ts';
export { loadSettings, type Settings, type SettingsService, settings, settingsWith } from './settings.ts';
export type { Match } from './table/match.ts';
export { PrefixTable } from './table/prefix-table.ts';
