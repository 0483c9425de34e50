import type { AgentDescription } from '../description.ts';
import type { ParsedConfig } from '../parse/model.ts';
import { type ParseOptions, parseHaproxyConfig } from '../parse/parse.ts';
import { Proxies } from '../spoe/proxies.ts';
import type { HaproxyVersion } from '../versions.ts';
import { checkSpoeFile } from './agent-section.ts';
import { checkArguments } from './arguments.ts';
import { checkBackend } from './backend.ts';
import type { Check } from './context.ts';
import { findEngines } from './engines.ts';
import type { ConfigFile, ConfigFiles } from './files.ts';
import { HAPROXY_FINDINGS, type HaproxyFinding } from './findings.ts';
import { checkFrameSize } from './frame-size.ts';
import { checkMessages } from './messages.ts';
import { checkNames } from './names.ts';
import { checkTimeouts } from './timeouts.ts';
import { checkVariables } from './variables.ts';

export type CheckOptions = Pick<ParseOptions, 'environment'>;

const CHECKS: readonly Check[] = [
  checkSpoeFile,
  checkBackend,
  checkNames,
  checkMessages,
  checkArguments,
  checkVariables,
  checkTimeouts,
  checkFrameSize,
];

/**
 * Compares an application with an existing configuration of HAProxy, read as this version reads it.
 *
 * @returns what is wrong, by file and line; nothing where both fit
 */
export function check(
  description: AgentDescription,
  files: ConfigFiles,
  version: HaproxyVersion,
  options: CheckOptions = {},
): HaproxyFinding[] {
  const parse = ({ text, file }: ConfigFile): ParsedConfig => parseHaproxyConfig(text, file, { ...options, version });
  const haproxy = files.haproxy.map(parse);
  const spoe = files.spoe.map(parse);
  const findings = [...haproxy, ...spoe].flatMap(syntaxFindings);
  const proxies = new Proxies(haproxy.flatMap(({ sections }) => sections));
  for (const use of findEngines(description, proxies.filters, { haproxy, spoe }, findings)) {
    const context = { description, version, proxies, ...use };
    findings.push(...CHECKS.flatMap((one) => one(context)));
  }
  return sorted(findings, [...haproxy, ...spoe]);
}

function syntaxFindings({ faults }: ParsedConfig): HaproxyFinding[] {
  const { severity } = HAPROXY_FINDINGS.SPOA_HAPROXY_SYNTAX;
  return faults.map((fault) => ({ ...fault, code: 'SPOA_HAPROXY_SYNTAX', severity, remedy: 'mend the line' }));
}

function sorted(findings: readonly HaproxyFinding[], configs: readonly ParsedConfig[]): HaproxyFinding[] {
  const names = configs.map(({ file }) => file);
  return findings.toSorted((a, b) => {
    const order = names.indexOf(a.file) - names.indexOf(b.file) || a.line - b.line || a.column - b.column;
    return order || (a.code < b.code ? -1 : 1);
  });
}
