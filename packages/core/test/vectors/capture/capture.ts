import { readFile, writeFile } from 'node:fs/promises';
import { HAPROXY_VERSIONS, type HaproxyVersion, installHaproxy, startHaproxy } from '@spoa/testing';
import { expect, test } from 'vitest';
import { RecordingAgent } from './recording-agent.ts';
import { SCENARIOS, type Scenario } from './scenarios.ts';

/*
 * Records what real HAProxies send, into ../haproxy-LINE.json. See ../README.md for when and how.
 */

test.each(HAPROXY_VERSIONS)('record HAProxy %s', { timeout: 300_000 }, async (line) => {
  const installation = await installHaproxy(line);
  const captures: unknown[] = [];
  for (const scenario of SCENARIOS) {
    if (scenario.lines?.includes(line) === false) continue;
    captures.push(await record(line, scenario));
  }
  const recording = {
    source: `recorded from HAProxy ${installation.version} as Debian builds it; the agent's frames were written by hand`,
    haproxy: installation.version,
    captures,
  };
  const file = new URL(`../haproxy-${line}.json`, import.meta.url);
  await writeFile(file, `${JSON.stringify(recording, undefined, 2)}\n`);
  expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(recording);
});

async function record(line: HaproxyVersion, scenario: Scenario): Promise<unknown> {
  const agent = await RecordingAgent.start(scenario.answers);
  const config = mainFile(line, scenario);
  const spoe = spoeFile(scenario);
  try {
    await using haproxy = await startHaproxy({
      version: line,
      config: config.join('\n'),
      files: { 'spoe.conf': spoe.join('\n') },
      ports: { agent: agent.port },
    });
    const observed = await scenario.run(haproxy, agent);
    // Only the configuration's template is kept: no port and no path of the machine that recorded it. HAProxy 3.0 and
    // older come back thousands of times in a second after a handshake that failed.
    const connections = agent.connections.slice(0, 2);
    return { name: scenario.name, config, spoe, observed, connections };
  } finally {
    await agent.close();
  }
}

function mainFile(line: HaproxyVersion, { frontend, backend }: Scenario): string[] {
  const mode = line === '2.6' || line === '3.0' ? 'tcp' : 'spop';
  return [
    'global',
    '  nbthread 1',
    'defaults',
    '  mode http',
    '  timeout connect 2s',
    '  timeout client 5s',
    '  timeout server 5s',
    'frontend clients',
    '  bind 127.0.0.1:{{port:http}}',
    '  filter spoe engine e config {{file:spoe.conf}}',
    ...(frontend ?? ['http-request return status 200 hdr x-err "%[var(txn.p.err)]"']).map((text) => `  ${text}`),
    'backend web',
    '  http-request return status 200',
    'backend agents',
    `  mode ${mode}`,
    ...(backend ?? ['server agent 127.0.0.1:{{port:agent}}']).map((text) => `  ${text}`),
  ];
}

function spoeFile({ agent, messages }: Scenario): string[] {
  return [
    '[e]',
    'spoe-agent e',
    '  use-backend agents',
    '  option var-prefix p',
    '  option set-on-error err',
    '  timeout hello 2s',
    ...(agent.some((text) => text.startsWith('timeout idle')) ? [] : ['  timeout idle 1m']),
    '  timeout processing 1s',
    ...agent.map((text) => `  ${text}`),
    ...messages,
  ];
}
