import { basename } from 'node:path';
import type { AgentDescription } from '../description.ts';
import type { ParsedConfig } from '../parse/model.ts';
import { readEngine, type SpoeEngine, sectionsOfScope } from '../spoe/engine.ts';
import type { SpoeFilter } from '../spoe/proxies.ts';
import { finding, HAPROXY_FINDINGS, type HaproxyFinding } from './findings.ts';

/** An engine of the application, and the filters that lead to it. */
export interface EngineUse {
  readonly engine: SpoeEngine;
  readonly filters: readonly SpoeFilter[];
}

/** A filter and the file that it names, if that is there. */
interface Candidate {
  readonly filter: SpoeFilter;
  readonly config: ParsedConfig | undefined;
}

/**
 * Follows the `filter` lines to the application's engines: by the engine's name, or whatever its name where there is only one.
 *
 * @param findings gets what leads nowhere
 */
export function findEngines(
  { engine: name }: AgentDescription,
  filters: readonly SpoeFilter[],
  files: { readonly haproxy: readonly ParsedConfig[]; readonly spoe: readonly ParsedConfig[] },
  findings: HaproxyFinding[],
): EngineUse[] {
  const candidates = filters.map((filter): Candidate => ({ filter, config: spoeFileOf(filter, files.spoe) }));
  const named = candidates.filter((candidate) => engineName(candidate) === name);
  const isOnly = new Set(candidates.map(engineName)).size === 1;
  const chosen = named.length === 0 && isOnly ? candidates : named;
  if (chosen.length === 0) findings.push(noFilter(name, candidates, files.haproxy[0]?.file ?? 'haproxy.cfg'));
  const isSame = (a: Candidate, b: Candidate): boolean => a.config === b.config && a.filter.engine === b.filter.engine;
  const firsts = chosen.filter((candidate, i) => chosen.findIndex((other) => isSame(other, candidate)) === i);
  return firsts.flatMap((first): EngineUse[] => {
    const { filter, config } = first;
    if (config === undefined) {
      findings.push(noSpoeFile(filter));
      return [];
    }
    const engine = readEngine(sectionsOfScope(config, filter.engine), filter.engine);
    if (engine === undefined) {
      findings.push(noAgent(filter, config));
      return [];
    }
    return [{ engine, filters: chosen.filter((other) => isSame(other, first)).map((other) => other.filter) }];
  });
}

function spoeFileOf({ path }: SpoeFilter, spoe: readonly ParsedConfig[]): ParsedConfig | undefined {
  if (path === undefined) return undefined;
  const exact = spoe.find(({ file }) => file === path.text);
  const sameName = spoe.filter(({ file }) => basename(file) === basename(path.text));
  // A path out of an environment that is not known: the only file it can be.
  const only = !path.known && spoe.length === 1 ? spoe[0] : undefined;
  return exact ?? (sameName.length === 1 ? sameName[0] : undefined) ?? only;
}

function engineName({ filter: { engine }, config }: Candidate): string | undefined {
  if (engine !== undefined || config === undefined) return engine;
  return readEngine(sectionsOfScope(config, undefined), undefined)?.name;
}

function noFilter(engine: string, candidates: readonly Candidate[], file: string): HaproxyFinding {
  const { severity } = HAPROXY_FINDINGS.SPOA_HAPROXY_NO_FILTER;
  const others = [...new Set(candidates.flatMap((candidate) => engineName(candidate) ?? []))];
  return {
    code: 'SPOA_HAPROXY_NO_FILTER',
    severity,
    file,
    line: 1,
    column: 1,
    problem: `no \`filter spoe\` line names the engine ${engine}${others.length === 0 ? '' : `, only ${others.join(', ')}`}`,
    remedy: `add \`filter spoe engine ${engine} config FILE\` to a frontend`,
  };
}

function noSpoeFile({ line, path }: SpoeFilter): HaproxyFinding {
  const problem = path === undefined ? 'the filter names no file' : `the file ${path.text} is not there`;
  return finding('SPOA_HAPROXY_NO_SPOE_FILE', { line, word: path }, problem, 'mend its path, or make it');
}

function noAgent({ line, engine }: SpoeFilter, { file, sections }: ParsedConfig): HaproxyFinding {
  const scopes = [...new Set(sections.map(({ scope }) => (scope === undefined ? 'none' : `[${scope}]`)))].join(', ');
  const wanted = engine === undefined ? 'outside of every scope, for the filter names no engine' : `under [${engine}]`;
  const problem = `${file} has no spoe-agent ${wanted}; its scopes: ${scopes || 'none'}`;
  return finding('SPOA_HAPROXY_REJECTED', { line }, problem, 'give the engine and the scope the same name');
}
