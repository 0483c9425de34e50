import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Outcomes, probeApplication, probeArguments, type Sent } from './fixtures/compilers/probe.ts';

const run = promisify(execFile);
const repository = fileURLToPath(new URL('../../../', import.meta.url));

/** What both compilers make of one application. */
interface Probed {
  readonly outcomes: Outcomes;
  readonly actions: string[];
}

let folder: string;
let tsc: Probed;
let oxc: Probed;

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'spoa-compilers-')));
  [tsc, oxc] = await Promise.all([probeCompiled(folder), probeHere()]);
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function probeHere(): Promise<Probed> {
  return { outcomes: await probeArguments(), actions: await probeApplication() };
}

/** Compiles core, the framework and the fixture with tsc, from source and as `npm run build` does, and runs the result. */
async function probeCompiled(folder: string): Promise<Probed> {
  const out = join(folder, 'out');
  await writeFile(
    join(folder, 'tsconfig.json'),
    JSON.stringify({
      extends: join(repository, 'tsconfig.base.json'),
      compilerOptions: {
        rootDir: join(repository, 'packages'),
        outDir: out,
        typeRoots: [join(repository, 'node_modules/@types')],
        paths: { '@spoa/core': [join(repository, 'packages/core/src/index.ts')] },
        composite: false,
        declaration: false,
        declarationMap: false,
        sourceMap: false,
        experimentalDecorators: true,
        emitDecoratorMetadata: true,
      },
      files: [join(repository, 'packages/framework/test/fixtures/compilers/main.ts')],
    }),
  );
  await run(join(repository, 'node_modules/.bin/tsc'), ['-p', folder]).catch((error: { stdout?: string }) => {
    throw new Error(`tsc: ${error.stdout}`, { cause: error });
  });
  const modules = join(out, 'node_modules');
  await mkdir(join(modules, '@spoa'), { recursive: true });
  for (const name of ['core', 'framework']) {
    const manifest = { name: `@spoa/${name}`, type: 'module', exports: './src/index.js' };
    await writeFile(join(out, name, 'package.json'), JSON.stringify(manifest));
    await symlink(join(out, name), join(modules, '@spoa', name));
  }
  for (const name of ['pino', 'reflect-metadata', 'tsyringe']) {
    await symlink(join(repository, 'packages/framework/node_modules', name), join(modules, name));
  }
  const { stdout } = await run(process.execPath, [join(out, 'framework/test/fixtures/compilers/main.js')]);
  return JSON.parse(stdout) as Probed;
}

const kinds = () => Object.keys(tsc.outcomes);
const natural = (sent: Sent) => (tsc.outcomes.unknown as Record<Sent, string>)[sent];

describe('tsc and oxc', () => {
  test('make the same of injection, result classes and enums', () => {
    expect(tsc.actions).toEqual(['session score 201', 'transaction list plain', 'request level 1', 'process v is red']);
    expect(oxc.actions).toEqual(tsc.actions);
  });

  test('make the same of explicit types, whatever the parameter is called', () => {
    const explicit = kinds().filter((kind) => kind.startsWith('explicit'));
    expect(explicit).toHaveLength(5);
    for (const kind of explicit) expect({ [kind]: oxc.outcomes[kind] }).toEqual({ [kind]: tsc.outcomes[kind] });
    expect(tsc.outcomes['explicit: alias of Buffer']).toMatchObject({
      STRING: 'Buffer text',
      INT: 'm SPOA_ARGUMENT_TYPE',
    });
  });

  test('make the same of classes and primitives by their own names', () => {
    for (const kind of [
      'string',
      'number',
      'bigint',
      'boolean',
      'Buffer',
      'Uint8Array',
      'IpAddress',
      'optional',
      'with a default',
    ]) {
      expect({ [kind]: oxc.outcomes[kind] }).toEqual({ [kind]: tsc.outcomes[kind] });
    }
    expect(tsc.outcomes.bigint).toMatchObject({ INT: 'BigInt 7', 'unsafe INT': 'BigInt 1152921504606846976' });
    expect(tsc.outcomes.IpAddress).toMatchObject({ IPV4: 'IpAddress 192.0.2.1', STRING: 'm SPOA_ARGUMENT_TYPE' });
    expect(tsc.outcomes.optional).toMatchObject({ nothing: 'undefined', NULL: 'undefined', INT: 'Number 7' });
    expect(tsc.outcomes['with a default']).toMatchObject({ nothing: 'String none', STRING: 'String text' });
  });

  test('differ only in whether a type is known: where it is not, the natural value is passed', () => {
    const differing = new Set<string>();
    for (const kind of kinds()) {
      const one = tsc.outcomes[kind] as Record<Sent, string>;
      const other = oxc.outcomes[kind] as Record<Sent, string>;
      for (const sent of Object.keys(one) as Sent[]) {
        if (one[sent] === other[sent]) continue;
        differing.add(kind);
        expect([one[sent], other[sent]]).toContain(natural(sent));
      }
    }
    // tsc looks through them, oxc does not. One that leaves this list became safe; one that joins it needs an explicit type.
    expect([...differing]).toEqual(['alias of number', 'alias of string', 'numeric enum', 'string enum']);
  });

  test('do not check what they cannot look into: TypeScript says Buffer, and text comes as a string', () => {
    for (const kind of ['alias of Buffer', 'local alias of Buffer', 'alias of a class', 'interface', 'generic']) {
      for (const { outcomes } of [tsc, oxc]) expect({ [kind]: outcomes[kind] }).toEqual({ [kind]: outcomes.unknown });
    }
  });

  test('pass what the type says, even unknown, where its natural type is that', () => {
    const good: [kind: string, sent: Sent, outcome: string][] = [
      ['a class under another name', 'IPV4', 'IpAddress 192.0.2.1'],
      ['a class by import type', 'IPV4', 'IpAddress 192.0.2.1'],
      ['alias of a class', 'IPV4', 'IpAddress 192.0.2.1'],
      ['alias of number', 'INT', 'Number 7'],
      ['alias of string', 'STRING', 'String text'],
      ['interface', 'IPV4', 'IpAddress 192.0.2.1'],
      ['numeric enum', 'INT', 'Number 7'],
      ['string enum', 'STRING', 'String text'],
      ['literals of one kind', 'STRING', 'String text'],
      ['union of two kinds', 'STRING', 'String text'],
      ['union of two kinds', 'INT', 'Number 7'],
      ['number or bigint', 'unsafe INT', 'BigInt 1152921504606846976'],
      ['class or undefined', 'IPV4', 'IpAddress 192.0.2.1'],
      ['string or null', 'STRING', 'String text'],
      ['Value', 'BINARY', 'Buffer bytes'],
    ];
    for (const [kind, sent, outcome] of good) {
      for (const { outcomes } of [tsc, oxc]) expect([kind, outcomes[kind]?.[sent]]).toEqual([kind, outcome]);
    }
  });
});
