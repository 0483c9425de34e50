export { describeMessages } from './describe.ts';
export type {
  AgentDescription,
  ArgumentDescription,
  MessageDescription,
  ServerDescription,
  ServerTls,
  TimeoutDescription,
  VariableDescription,
} from './description.ts';
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
export { HAPROXY_VERSIONS, type HaproxyVersion } from './versions.ts';
