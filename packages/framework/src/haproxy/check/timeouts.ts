import { longestDeadline } from '../description.ts';
import type { Line } from '../parse/model.ts';
import { linesOf } from '../spoe/engine.ts';
import { parseTime } from '../spoe/values.ts';
import { hasMultiplexer } from '../versions.ts';
import type { CheckContext } from './context.ts';
import { finding, type HaproxyFinding } from './findings.ts';

/** Timeouts that are missing, and those that end what others still wait for. */
export function checkTimeouts(context: CheckContext): HaproxyFinding[] {
  const { engine, version } = context;
  const needed = hasMultiplexer(version) ? ['processing'] : ['processing', 'hello', 'idle'];
  const missing = needed
    .filter((name) => {
      const line = linesOf(engine.agent, 'timeout', name).at(-1);
      // Zero is no timeout at all.
      return line === undefined || timeOf(line) === 0;
    })
    .map((name) => {
      const problem =
        name === 'processing' ? 'requests wait for the answer without end' : `HAProxy ${version} warns without it`;
      const what = `there is no \`timeout ${name}\`: ${problem}`;
      return finding(
        'SPOA_HAPROXY_TIMEOUT_MISSING',
        { line: engine.agent.header },
        what,
        `add \`timeout ${name} TIME\``,
      );
    });
  return [...missing, ...checkProcessing(context)];
}

function checkProcessing(context: CheckContext): HaproxyFinding[] {
  const { engine, description, proxies } = context;
  const line = linesOf(engine.agent, 'timeout', 'processing').at(-1);
  const processing = line === undefined ? undefined : timeOf(line);
  if (line === undefined || processing === undefined || processing === 0) return [];
  const findings: HaproxyFinding[] = [];
  const sent = description.messages.filter(({ name }) => engine.messages.some((message) => message.name === name));
  const deadline = longestDeadline(sent);
  if (deadline !== undefined && processing <= deadline) {
    const problem = `HAProxy gives up after ${processing} ms, before the agent's deadline of ${deadline} ms: fallbacks come too late`;
    findings.push(
      finding('SPOA_HAPROXY_TIMEOUT_DEADLINE', { line }, problem, `use more than ${deadline}ms, or a shorter deadline`),
    );
  }
  const name = linesOf(engine.agent, 'use-backend').at(-1)?.words[1]?.text;
  const backend = name === undefined ? undefined : proxies.backend(name);
  const serverLine = backend === undefined ? undefined : proxies.settingOf(backend, 'timeout', 'server');
  const server = serverLine === undefined ? undefined : timeOf(serverLine);
  if (serverLine !== undefined && server !== undefined && server > 0 && server <= processing) {
    const problem = `${name} loses its connection after ${server} ms without a byte, while requests wait up to ${processing} ms`;
    findings.push(
      finding(
        'SPOA_HAPROXY_TIMEOUT_SERVER',
        { line: serverLine },
        problem,
        'use a longer `timeout server` in that backend',
      ),
    );
  }
  return findings;
}

/** Milliseconds; `undefined` for what cannot be read here. */
function timeOf({ words }: Line): number | undefined {
  return words[2]?.known === true ? parseTime(words[2].text) : undefined;
}
