import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { check, HAPROXY_FINDINGS, HAPROXY_VERSIONS } from '../../src/haproxy/index.ts';
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
