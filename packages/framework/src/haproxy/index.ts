// First: tsyringe needs it before any decorator is loaded.
import 'reflect-metadata';

export { type CheckOptions, check } from './check/check.ts';
export type { ConfigFile, ConfigFiles } from './check/files.ts';
export { HAPROXY_FINDINGS, type HaproxyFinding, type HaproxyFindingCode, type Severity } from './check/findings.ts';
export { type SpoeFileReference, spoeFilesOf } from './check/spoe-files.ts';
export { type DescribeOptions, describeMessages } from './describe.ts';
export { type AgentDefinition, describeAgent } from './describe-agent.ts';
export type {
  AgentDescription,
  ArgumentDescription,
  MessageDescription,
  ServerDescription,
  ServerTls,
  TimeoutDescription,
  VariableDescription,
} from './description.ts';
export { fullName, prefixOf } from './description.ts';
export {
  type DescriptionFault,
  HAPROXY_CONFIG_ERRORS,
  HaproxyConfigError,
  type HaproxyConfigErrorCode,
} from './errors.ts';
export { type GeneratedConfiguration, type GenerateOptions, generate } from './generate/generate.ts';
export type { Line, ParsedConfig, ParseFault, Section, Word } from './parse/model.ts';
export { type ParseOptions, parseHaproxyConfig } from './parse/parse.ts';
export { quoteWord } from './parse/quote.ts';
export { serverAt } from './servers.ts';
export { HAPROXY_VERSIONS, type HaproxyVersion } from './versions.ts';
