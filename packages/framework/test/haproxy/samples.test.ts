import { describe, expect, test } from 'vitest';
import { HAPROXY_VERSIONS } from '../../src/haproxy/index.ts';
import { CONVERTERS, FETCHES } from '../../src/haproxy/samples/keywords.ts';
import { type SampleType, sampleType } from '../../src/haproxy/samples/sample-type.ts';
import { haproxyCheck } from './support/accepts.ts';

const TYPES: Record<string, SampleType> = {
  bool: 'boolean',
  sint: 'integer',
  addr: 'address',
  ipv4: 'address',
  ipv6: 'address',
  str: 'string',
  meth: 'string',
  bin: 'binary',
  same: 'same',
};

describe.each(HAPROXY_VERSIONS)('HAProxy %s', (version) => {
  const list = async (what: string, pattern: RegExp): Promise<[string, SampleType][]> => {
    const { output } = await haproxyCheck(version, { 'haproxy.cfg': 'global\n' }, ['-q', '-c', what]);
    return [...output.matchAll(pattern)].map(([, name, type]) => [name as string, TYPES[type as string] ?? 'any']);
  };

  /** What is `any` here is not claimed to be anything. */
  const differences = (table: ReadonlyMap<string, SampleType>, listed: readonly [string, SampleType][]) => {
    return listed.filter(([name, type]) => table.get(name) !== type && table.get(name) !== 'any');
  };

  test('lists the samples of the table, with their types', async () => {
    const listed = await list('-dKsmp', /^\[[^\]]*\] ([^(:]+)(?:\(.*\))?: (\S+)$/gm);
    expect(listed.length).toBeGreaterThan(400);
    expect(differences(FETCHES, listed)).toEqual([]);
  });

  test('lists the converters of the table, with their types', async () => {
    const listed = await list('-dKcnv', /^([^(:#]+)(?:\(.*\))?: (\S+) => \S+$/gm);
    expect(listed.length).toBeGreaterThan(100);
    expect(differences(CONVERTERS, listed).filter(([name]) => name !== 'debug')).toEqual([]);
  });
});

test.each([
  ['src', 'address'],
  ['method', 'string'],
  ['req.hdr(host)', 'string'],
  ['req.body', 'binary'],
  ['int(3)', 'integer'],
  ['src,ipmask(24,64)', 'address'],
  ['hdr(x),field(1,","),length', 'integer'],
  ['str("a),b",(c)),upper', 'string'],
  ["str('),src')", 'string'],
  ['str(a\\),b),bool', 'boolean'],
  ['src,debug(a,b)', 'address'],
  ['path,debug,sha1', 'binary'],
  ['var(txn.x)', undefined],
  ['var(txn.x),lower', 'string'],
  ['lua.mine', undefined],
  ['src,lua.mine', undefined],
  ['', undefined],
  ['(((', undefined],
])('%s gives %s', (expression, type) => {
  expect(sampleType(expression)).toBe(type);
});
