import { describe, expect, test } from 'vitest';
import {
  type AgentDescription,
  type ConfigFiles,
  check,
  HAPROXY_FINDINGS,
  HAPROXY_VERSIONS,
  spoeFilesOf,
} from '../../src/haproxy/index.ts';
import { haproxyCheck } from './support/accepts.ts';
import { DESCRIPTION, HAPROXY_CFG, MISTAKES, type Mistake, SPOE_CONF } from './support/mistakes.ts';

interface Wrong {
  readonly description: AgentDescription;
  readonly texts: { readonly 'haproxy.cfg': string; readonly 'spoe.conf': string };
  readonly files: ConfigFiles;
}

function make({ cfg, spoe, agent, message }: Partial<Mistake>): Wrong {
  const texts = { 'haproxy.cfg': replaced(HAPROXY_CFG, cfg), 'spoe.conf': replaced(SPOE_CONF, spoe) };
  const messages = (agent?.messages ?? DESCRIPTION.messages).slice();
  if (message !== undefined) {
    const at = messages.findIndex(({ name }) => name === message.name);
    const base = messages[at] ?? { name: '', arguments: [], variables: [] };
    messages.splice(at < 0 ? messages.length : at, at < 0 ? 0 : 1, { ...base, ...message });
  }
  return {
    texts,
    description: { ...DESCRIPTION, ...agent, messages },
    files: {
      haproxy: [{ file: 'haproxy.cfg', text: texts['haproxy.cfg'] }],
      spoe: [{ file: 'spoe.conf', text: texts['spoe.conf'] }],
    },
  };
}

function replaced(text: string, changes: readonly string[] = []): string {
  return changes.reduce((changed, to, i) => {
    const from = changes[i - 1] as string;
    if (i % 2 === 0) return changed;
    expect(changed).toContain(from);
    return changed.replace(from, () => to);
  }, text);
}

const show = ({ texts }: Wrong): string => `${texts['haproxy.cfg']}\n${texts['spoe.conf']}`;
const cells = MISTAKES.flatMap((mistake) => {
  return (mistake.versions ?? HAPROXY_VERSIONS).map((version) => [version, mistake.what, mistake] as const);
});

test.each(cells)('%s: %s', (version, _, mistake) => {
  const { at, code, refused = false, says, times = 1 } = mistake;
  const wrong = make(mistake);
  const findings = check(wrong.description, wrong.files, version);
  const expected = findings.filter((one) => one.code === code);
  expect(expected.length, show(wrong)).toBe(times);
  // What HAProxy would refuse may leave other things without their counterpart.
  if (!refused) expect(findings).toEqual(expected);
  for (const found of expected) {
    expect(found.problem).toMatch(says);
    expect(found.remedy).not.toBe('');
    expect(found.severity).toBe(HAPROXY_FINDINGS[code].severity);
  }
  const [first] = expected;
  if (first === undefined) return;
  const lines = wrong.texts[first.file as keyof typeof wrong.texts].split('\n');
  expect(lines[first.line - 1]).toContain(at);
  expect(lines[first.line - 1]?.[first.column - 1]).toMatch(/\S/);
});

test('every kind of finding has a configuration that provokes it', () => {
  expect([...new Set(MISTAKES.map(({ code }) => code))].toSorted()).toEqual(Object.keys(HAPROXY_FINDINGS).toSorted());
});

describe.each(HAPROXY_VERSIONS)('HAProxy %s', (version) => {
  test('nothing is wrong with what fits', async () => {
    const right = make({});
    expect(check(right.description, right.files, version)).toEqual([]);
    expect((await haproxyCheck(version, right.texts)).complaints).toEqual([]);
  });

  test('takes what is wrong, but for what is said to be refused', async () => {
    const own = MISTAKES.filter(({ versions = HAPROXY_VERSIONS }) => versions.includes(version));
    const seen: [string, boolean][] = [];
    for (const mistake of own) {
      const { accepted } = await haproxyCheck(version, make(mistake).texts);
      seen.push([mistake.what, accepted]);
    }
    expect(seen).toEqual(own.map(({ what, refused = false }) => [what, !refused]));
  }, 120_000);
});

describe('nothing is found', () => {
  const second =
    'frontend plain\n    mode tcp\n    bind 127.0.0.1:9\n    filter spoe engine e config spoe.conf\n\nbackend agents';
  const rights: Record<string, Partial<Mistake>> = {
    'where one of two frontends sends the message': { cfg: ['backend agents', second] },
    'where the path of the spoe file is in an environment that is not known': {
      cfg: ['config spoe.conf', `config "\${SPOE_FILE}"`],
    },
    'where the path of the spoe file has folders': { cfg: ['config spoe.conf', 'config /etc/haproxy/spoe.conf'] },
    'where the engine has another name and there is no other': { agent: { engine: 'other' } },
    'in other engines, of which another application may know': {
      cfg: ['    http-request send', '    filter spoe engine waf config waf.conf\n    http-request send'],
    },
    'without scopes': {
      cfg: ['engine e config', 'config'],
      spoe: ['[e]\n', ''],
    },
    'in another scope of the file': { spoe: ['[e]', '[other]\nspoe-agent x\n    nonsense\n[e]'] },
    'where a handler may set any variable': {
      message: { name: 'ask', open: true },
      cfg: ['set-header x-error', 'set-header x-more "%[var(txn.p.more)]"\n    http-request set-header x-error'],
    },
    'of a variable that a rule sets': {
      cfg: [
        'set-header x-error',
        'set-var-fmt(txn.p.more) "%[src] more"\n    http-request set-header x-more "%[var(txn.p.more)]"',
      ],
    },
    'of a variable of another agent': {
      cfg: [
        'set-header x-error',
        'set-header x-more "%[var(txn.other.more)] %[var(txn.pq.more)]"\n    http-request set-header x-error',
      ],
    },
    'of a variable of the process that a rule mentions': {
      spoe: ['    register-var-names total\n', ''],
      cfg: ['set-header x-error', 'set-header x-total "%[var(proc.p.total)]"\n    http-request set-header x-error'],
    },
    'of a parent stream, in the backend of the agent': {
      cfg: ['option spop-check', 'option spop-check\n    stick on var(ptxn.p.error)'],
    },
    'where settings come from named defaults': {
      cfg: [
        'defaults\n    mode http',
        'defaults checked\n    option spop-check\n    default-server check\n\ndefaults\n    mode http',
        'backend agents\n    mode tcp\n    option spop-check\n',
        'backend agents from checked\n    mode tcp\n    timeout connect 1s\n    timeout server 10s\n',
        ':3 check',
        ':3',
        ':4 check',
        ':4',
      ],
    },
    'in lines that this version leaves out': {
      spoe: ['groups asked', '.if version_before(2.0)\n    no option async\n    nonsense\n.endif\n    groups asked'],
    },
    'where a condition decides between two of a kind': {
      spoe: [
        'spoe-message ask',
        '.if defined(SPOA_OLD)\nspoe-message ask\n    args c=url\n.else\nspoe-message ask',
        'args a=method b=url',
        'args a=method b=url\n.endif',
      ],
    },
    'where samples cannot be known': { spoe: ['ip=src', 'ip=lua.my_ip', 'path=path', 'path=var(txn.x)'] },
    'where a rule sends a message of an event': { message: { name: 'ask', event: 'on-client-session' } },
    'where a `listen` knows one side only': {
      message: { name: 'check-ip', event: 'on-backend-http-request' },
      cfg: ['frontend web', 'listen web'],
    },
    'where requests larger than a frame fail at once': {
      spoe: [
        'groups asked',
        '.if version_before(3.1)\n    no option async\n    no option send-frag-payload\n.endif\n    groups asked',
      ],
    },
    'where sizes are in reach': { agent: { maxFrameSize: 16_380 } },
    'where the agent takes less and HAProxy sends no more': {
      agent: { maxFrameSize: 1000 },
      spoe: ['groups asked', 'groups asked\n    max-frame-size 1000'],
    },
    'where `timeout hello` and `timeout idle` mean nothing': {},
  };

  test.each(Object.entries(rights))('%s', (_, change) => {
    const right = make(change);
    for (const version of HAPROXY_VERSIONS) expect(check(right.description, right.files, version), version).toEqual([]);
  });
});

test('findings come in the order of the files, each with its place', () => {
  const { description, files } = make({
    cfg: ['    option spop-check\n', ''],
    spoe: ['args ip=src', 'args ip=src url=url', 'timeout processing 100ms', 'timeout processing 10ms'],
  });
  expect(check(description, files, '3.2').map(({ file, line, column, code }) => [file, line, column, code])).toEqual([
    ['haproxy.cfg', 24, 5, 'SPOA_HAPROXY_NO_HEALTH_CHECK'],
    ['haproxy.cfg', 25, 5, 'SPOA_HAPROXY_NO_HEALTH_CHECK'],
    ['spoe.conf', 11, 5, 'SPOA_HAPROXY_TIMEOUT_DEADLINE'],
    ['spoe.conf', 20, 17, 'SPOA_HAPROXY_ARGUMENT_EXTRA'],
  ]);
});

test('the spoe files that a configuration names are told, each once', () => {
  const text = `frontend a\n  filter spoe engine e config "\${SPOE}/a.conf"\n  filter spoe engine f config b.conf\nlisten b\n  filter spoe engine f config b.conf\n`;
  const haproxy = [{ file: 'haproxy.cfg', text }];
  expect(spoeFilesOf(haproxy, '3.2')).toEqual([
    { path: `\${SPOE}/a.conf`, known: false, file: 'haproxy.cfg', line: 2 },
    { path: 'b.conf', known: true, file: 'haproxy.cfg', line: 3 },
  ]);
  expect(spoeFilesOf(haproxy, '3.2', { environment: { SPOE: '/etc' } })[0]).toMatchObject({
    path: '/etc/a.conf',
    known: true,
  });
});
