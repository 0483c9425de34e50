import { describe, expect, test } from 'vitest';
import {
  type AgentDescription,
  type ConfigFiles,
  check,
  HAPROXY_FINDINGS,
  HAPROXY_VERSIONS,
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
  });
});
