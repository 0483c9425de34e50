import { type Line, type Section, textsOf } from '../parse/model.ts';
import { linesOf } from '../spoe/engine.ts';
import type { Proxies } from '../spoe/proxies.ts';
import { hasMultiplexer } from '../versions.ts';
import type { CheckContext } from './context.ts';
import { finding, type HaproxyFinding } from './findings.ts';

/** The backend of the agent: whether it is there, speaks SPOP, has workers, and asks for their HELLO. */
export function checkBackend(context: CheckContext): HaproxyFinding[] {
  const { engine, proxies } = context;
  return linesOf(engine.agent, 'use-backend')
    .slice(-1)
    .flatMap((line) => {
      const word = line.words[1];
      if (word?.known !== true) return [];
      const backend = proxies.backend(word.text);
      if (backend !== undefined) return [...checkMode(backend, context), ...checkServers(backend, proxies)];
      const problem = `there is no backend ${word.text}`;
      return [
        finding('SPOA_HAPROXY_REJECTED', { line, word }, problem, `add \`backend ${word.text}\`, or mend the name`),
      ];
    });
}

function checkMode(backend: Section, { proxies, version }: CheckContext): HaproxyFinding[] {
  const mode = proxies.modeOf(backend);
  if (mode === 'tcp' || (mode === 'spop' && hasMultiplexer(version))) return [];
  const line = proxies.settingOf(backend, 'mode') ?? backend.header;
  const problem = `${backend.name} is in mode ${mode}, which HAProxy ${version} refuses for an agent`;
  const remedy = hasMultiplexer(version) ? 'add `mode spop` to it' : 'add `mode tcp` to it: `mode spop` came with 3.1';
  return [finding('SPOA_HAPROXY_REJECTED', { line, word: line.words[1] }, problem, remedy)];
}

function checkServers(backend: Section, proxies: Proxies): HaproxyFinding[] {
  const servers = backend.lines.filter(
    ({ words }) => words[0]?.text === 'server' || words[0]?.text === 'server-template',
  );
  if (servers.length === 0) {
    const problem = `${backend.name} has no server: no message is ever answered`;
    return [
      finding('SPOA_HAPROXY_NO_SERVER', { line: backend.header }, problem, 'add a `server` line for each worker'),
    ];
  }
  const spopCheck = proxies.settingOf(backend, 'option', 'spop-check');
  const isAsked = spopCheck !== undefined && !spopCheck.negated;
  const defaults = proxies.inheritedLines(backend, 'default-server').flatMap((line) => textsOf(line));
  return servers.flatMap((line) => {
    const words = [...defaults, ...textsOf(line)];
    // Another server's check decides; a `healthcheck` section says for itself what is asked.
    if (words.includes('track') || words.includes('healthcheck')) return [];
    const isChecked = words.lastIndexOf('check') > words.lastIndexOf('no-check');
    if (isChecked && isAsked) return [];
    return [unchecked(line, isChecked)];
  });
}

function unchecked(line: Line, isChecked: boolean): HaproxyFinding {
  const name = line.words[1]?.text ?? 'a server without a name';
  const problem = isChecked
    ? `HAProxy only connects to ${name}: it does not see an agent that no longer speaks`
    : `HAProxy does not check ${name}: it sends messages to an agent that is gone`;
  const remedy = isChecked
    ? 'add `option spop-check` to the backend'
    : 'add `check` to the server and `option spop-check` to the backend';
  return finding('SPOA_HAPROXY_NO_HEALTH_CHECK', { line }, problem, remedy);
}
