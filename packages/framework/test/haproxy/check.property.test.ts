import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { check, HAPROXY_FINDINGS, HAPROXY_VERSIONS } from '../../src/haproxy/index.ts';
import { haproxyCheck } from './support/accepts.ts';
import { DESCRIPTION, HAPROXY_CFG, SPOE_CONF } from './support/mistakes.ts';

/** What may happen to a file when somebody edits it in a hurry: lines go, come twice, come from elsewhere, or are cut. */
function edited(text: string) {
  const lines = text.split('\n');
  const line = fc.constantFrom(
    ...lines,
    ...HAPROXY_CFG.split('\n'),
    ...SPOE_CONF.split('\n'),
    '.if defined(A)',
    '.else',
    '.endif',
    '[x]',
    "'",
    '${',
  );
  const edit = fc.tuple(fc.nat(lines.length), fc.nat(2), line, fc.nat(12));
  return fc.array(edit, { maxLength: 8 }).map((edits) => {
    const result = [...lines];
    for (const [at, remove, added, cut] of edits)
      result.splice(at, remove, added.slice(0, cut === 0 ? undefined : -cut));
    return result.join('\n');
  });
}

test('a configuration of any kind is checked without an exception, and every finding is inside of it', () => {
  fc.assert(
    fc.property(edited(HAPROXY_CFG), edited(SPOE_CONF), fc.constantFrom(...HAPROXY_VERSIONS), (cfg, spoe, version) => {
      const files = { haproxy: [{ file: 'haproxy.cfg', text: cfg }], spoe: [{ file: 'spoe.conf', text: spoe }] };
      for (const found of check(DESCRIPTION, files, version)) {
        const lines = (found.file === 'haproxy.cfg' ? cfg : spoe).split('\n');
        expect(found.line >= 1 && found.line <= lines.length).toBe(true);
        expect(found.column >= 1 && found.column <= (lines[found.line - 1] ?? '').length + 1).toBe(true);
        expect(found.severity).toBe(HAPROXY_FINDINGS[found.code].severity);
        expect(`${found.problem} ${found.remedy}`).not.toMatch(/undefined|NaN|\[object/);
      }
    }),
    { numRuns: 500 },
  );
});

/** Lines that HAProxy may refuse, or may not. */
const DOUBTFUL = [
  'spoe-message',
  'spoe-group a b',
  'spoe-message x',
  '[e]',
  '[f]',
  '[]',
  ' messages',
  ' groups',
  ' no messages check-ip',
  ' no args ip=src',
  ' event',
  ' event on-client-session if TRUE',
  ' timeout',
  ' timeout foo 1s',
  ' timeout processing',
  ' timeout processing 1x',
  ' timeout processing 1us',
  ' timeout processing 1s 2s',
  ' no timeout hello 1s',
  ' timeout hello abc',
  ' timeout idle',
  ' option',
  ' option var-prefix',
  ' no option var-prefix x',
  ' option set-on-error a b',
  ' option pipelining x',
  ' no option pipelining',
  ' log global',
  ' no log',
  ' max-frame-size',
  ' max-frame-size abc',
  ' maxconnrate',
  ' maxconnrate 1 2',
  ' max-waiting-frames 1 2',
  ' register-var-names',
  ' use-backend',
  ' use-backend agents x',
];

test.each(HAPROXY_VERSIONS)(
  'HAProxy %s refuses a spoe file where check says so, and no other',
  async (version) => {
    const lines = SPOE_CONF.split('\n');
    const edit = fc.tuple(fc.nat(lines.length - 1), fc.nat(1), fc.constantFrom(...lines, ...DOUBTFUL));
    const files = fc
      .sample(fc.array(edit, { minLength: 1, maxLength: 2 }), { seed: 2026, numRuns: 60 })
      .map((edits) => {
        const result = [...lines];
        for (const [at, remove, added] of edits) result.splice(at, remove, added);
        return result.join('\n');
      });
    const refusals = new Set<string>(['SPOA_HAPROXY_REJECTED', 'SPOA_HAPROXY_SYNTAX']);
    let compared = 0;
    for (const text of files) {
      const haproxy = [{ file: 'haproxy.cfg', text: HAPROXY_CFG }];
      const found = check(DESCRIPTION, { haproxy, spoe: [{ file: 'spoe.conf', text }] }, version);
      const refused = found.filter(({ code }) => refusals.has(code));
      const verdict = await haproxyCheck(version, { 'haproxy.cfg': HAPROXY_CFG, 'spoe.conf': text });
      // Names of ACLs, and where a sample may stand, are for HAProxy to judge.
      if (/no such ACL|extract information/.test(verdict.output)) continue;
      compared += 1;
      expect(refused.length === 0, `${text}\n${verdict.output}\n${JSON.stringify(refused)}`).toBe(verdict.accepted);
    }
    expect(compared).toBeGreaterThan(40);
  },
  120_000,
);
