import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ERRORS } from '@spoa/core';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  describeMessages,
  generate,
  HAPROXY_CONFIG_ERRORS,
  HAPROXY_FINDINGS,
  HAPROXY_VERSIONS,
} from '../../src/haproxy/index.ts';
import { BOOT_FAULTS, FRAMEWORK_ERRORS } from '../../src/index.ts';
import { complaints } from './docs/check.ts';
import { IpReputationController, writeConfiguration } from './docs/generate.ts';
import { haproxyCheck } from './support/accepts.ts';

const page = await readFile(new URL('../../../../docs/haproxy-configuration.md', import.meta.url), 'utf8');
const codes = { ...HAPROXY_FINDINGS, ...HAPROXY_CONFIG_ERRORS };
/** What stands under each heading that is a code. */
const sections = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((section): [string, string] => {
      const end = section.indexOf('\n');
      return [section.slice(0, end).trim(), section.slice(end).split(/^## /m)[0]?.trim() ?? ''];
    })
    .filter(([heading]) => heading.startsWith('SPOA_')),
);

describe('docs/haproxy-configuration.md', () => {
  test.each(Object.keys(codes))('explains %s', (code) => {
    expect(sections.get(code)?.length).toBeGreaterThan(80);
  });

  test('explains no code that does not exist, and speaks of none', () => {
    expect([...sections.keys()].toSorted()).toEqual(Object.keys(codes).toSorted());
    const known = new Set([
      ...Object.keys({ ...codes, ...ERRORS, ...BOOT_FAULTS, ...FRAMEWORK_ERRORS }),
      'SPOA_BIND',
      'SPOA_ORIGIN',
    ]);
    expect([...new Set(page.match(/SPOA_[A-Z_]+/g))].filter((code) => !known.has(code))).toEqual([]);
  });

  test('says which findings are errors and which are warnings', () => {
    for (const [code, { severity }] of Object.entries(HAPROXY_FINDINGS)) {
      expect(sections.get(code), code).toMatch(severity === 'error' ? /^Error\. / : /^Warning\. /);
    }
  });

  test('has lines that fit a screen', () => {
    expect(page.split('\n').filter((line) => line.length > 130)).toEqual([]);
  });

  test('has the examples that are compiled and run here', async () => {
    const folder = new URL('./docs/', import.meta.url);
    const files = await Promise.all((await readdir(folder)).map((name) => readFile(new URL(name, folder), 'utf8')));
    const examples = [...page.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code);
    expect(examples.toSorted()).toEqual(files.toSorted());
  });

  test('shows what is made, line by line', () => {
    const servers = [{ host: '127.0.0.1', port: 12345 }];
    const description = {
      engine: 'ip-reputation',
      variablePrefix: 'iprep',
      messages: describeMessages([IpReputationController]),
      servers,
    };
    const made = Object.values(generate(description, '3.2').files).join('\n');
    const shown =
      /^```haproxy\n(.*?)^```/ms
        .exec(page)?.[1]
        ?.split('\n')
        .map((line) => line.trim()) ?? [];
    expect(shown.length).toBeGreaterThan(10);
    const lines = new Set(made.split('\n').map((line) => line.trim()));
    expect(shown.filter((line) => line !== '' && line !== '...' && !lines.has(line))).toEqual([]);
  });
});

describe('the examples', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spoa-docs-'));
    return () => rm(folder, { recursive: true });
  });

  test.each(HAPROXY_VERSIONS)('what is made for %s is complete but for the certificates, and fits', async (version) => {
    await writeConfiguration(version, folder);
    const messages = describeMessages([IpReputationController]);
    expect(await complaints(messages, join(folder, 'haproxy.cfg'), version)).toEqual([]);
    const files = Object.fromEntries(
      await Promise.all(
        (await readdir(folder)).map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const),
      ),
    );
    const verdict = await haproxyCheck(version, files);
    expect(verdict.complaints.filter((line) => line.includes('ALERT')).join('\n')).toContain('/etc/haproxy/agents.pem');
    expect(verdict.output).not.toMatch(/parsing \[(?!haproxy\.cfg:\d+\] : '?server)/);
  });

  test('what is wrong is told with its place', async () => {
    await writeConfiguration('3.2', folder);
    const spoe = join(folder, 'spoe.conf');
    await writeFile(spoe, (await readFile(spoe, 'utf8')).replace('args ip=src', 'args ip=path'));
    const told = await complaints(describeMessages([IpReputationController]), join(folder, 'haproxy.cfg'), '3.2');
    expect(told).toEqual([
      expect.stringMatching(
        /spoe\.conf:\d+:10: path gives text, and IpReputationController takes ip as ip; .* \(SPOA_HAPROXY_ARGUMENT_TYPE\)$/,
      ),
    ]);
  });
});

test('no code means two things, and each says what it means in one line', () => {
  const others = { ...ERRORS, ...BOOT_FAULTS, ...FRAMEWORK_ERRORS };
  expect(Object.keys(codes).filter((code) => code in others)).toEqual([]);
  const meanings = [
    ...Object.values(HAPROXY_FINDINGS).map(({ meaning }) => meaning),
    ...Object.values(HAPROXY_CONFIG_ERRORS),
  ];
  for (const meaning of meanings) expect(meaning).toMatch(/^[a-zA-Z].{10,100}$/);
});

test('a running agent loads nothing of it', async () => {
  const source = new URL('../../src/', import.meta.url);
  const names = (await readdir(source, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const others = names.filter((name) => !name.startsWith('haproxy/'));
  expect(others.length).toBeGreaterThan(20);
  for (const name of others)
    expect(await readFile(new URL(name, source), 'utf8'), name).not.toMatch(/from '.*haproxy\//);
});
