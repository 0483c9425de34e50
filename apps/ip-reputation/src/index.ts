export { HAPROXY_FILES } from './agent/haproxy-files.ts';
export { IpReputationController } from './agent/ip-reputation-controller.ts';
export { createLogger, LOG_LEVELS, type LogLevel } from './agent/logger.ts';
export { signalled } from './agent/signalled.ts';
export { type AgentSettings, startAgent } from './agent/start-agent.ts';
export { portArgument } from './commands/arguments.ts';
export {
  addDatabaseOptions,
  type DatabaseOptions,
  defaultDataDirectory,
  locationOf,
} from './commands/database-options.ts';
export { createProgram, runProgram } from './commands/program.ts';
export { AGENT_APPLICATION, COMMAND_APPLICATION } from './database/application-names.ts';
export { Database, type DatabaseLocation, openDatabase } from './database/database.ts';
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
export { FORMATS, type FormatName } from './import/formats/formats.ts';
export { type BadLine, ImportError, type ImportOptions, type ImportResult, importList } from './import/import-list.ts';
export { seedBundledLists } from './lists/seed.ts';
export type { Log } from './service/log.ts';
export { type Reputation, type ReputationOptions, ReputationService } from './service/reputation-service.ts';
export type { Match } from './table/match.ts';
export { PrefixTable } from './table/prefix-table.ts';
