import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { choosePackageVersion, libraryClosure } from '../../src/haproxy/debian-metadata.ts';

// apt-output/ is what apt-cache 2.6.1 printed in November 2026, with the suites named there as its only sources.
const aptOutput = (name: string): Promise<string> =>
  readFile(new URL(`apt-output/${name}.txt`, import.meta.url), 'utf8');

describe('the version of the package', () => {
  test('is the one of the wanted line, whatever else the suites carry', async () => {
    const experimentalAndSid = await aptOutput('madison-3.4');
    expect(choosePackageVersion(experimentalAndSid, '3.4', 'experimental')).toBe('3.4.7-1');
    expect(choosePackageVersion(experimentalAndSid, '3.2', 'sid')).toBe('3.2.26-1');
    expect(choosePackageVersion(await aptOutput('madison-2.6'), '2.6', 'bookworm')).toBe('2.6.12-1+deb12u3');
  });

  test('may have an epoch', () => {
    expect(choosePackageVersion(' haproxy | 1:3.2.9-1 | http://deb.debian.org sid', '3.2', 'sid')).toBe('1:3.2.9-1');
  });

  test('is an error that says what there is when the suite has moved on', () => {
    const movedOn = '   haproxy |    3.20.1-1 | http://deb.debian.org/debian sid/main amd64 Packages\n';
    expect(() => choosePackageVersion(movedOn, '3.2', 'sid')).toThrow(
      expect.objectContaining({
        code: 'HAPROXY_WRONG_LINE',
        message: 'Debian sid carries HAProxy 3.20.1-1, not 3.2: the suite has moved on to another line',
      }),
    );
    expect(() => choosePackageVersion('', '3.2', 'sid')).toThrow('Debian sid carries no HAProxy, not 3.2');
  });
});

describe('the packages that HAProxy needs', () => {
  test('are its libraries and theirs, and nothing that sets a system up', async () => {
    expect(libraryClosure(await aptOutput('depends-2.6'))).toEqual([
      'haproxy',
      'libc6',
      'libcrypt1',
      'liblua5.3-0',
      'libopentracing-c-wrapper0',
      'libpcre2-8-0',
      'libssl3',
      'libsystemd0',
      'libgcc-s1',
      'libstdc++6',
      'libopentracing1',
      'libcap2',
      'libgcrypt20',
      'liblz4-1',
      'liblzma5',
      'libzstd1',
      'libgpg-error0',
    ]);
    expect(libraryClosure(await aptOutput('depends-3.4'))).toEqual([
      'haproxy',
      'libc6',
      'libcrypt1',
      'libjemalloc2',
      'liblua5.4-0',
      'libopentracing-c-wrapper0t64',
      'libpcre2-8-0',
      'libssl3t64',
      'libgcc-s1',
      'libc-gconv-modules-extra',
      'libstdc++6',
      'libopentracing1',
      'libzstd1',
      'zlib1g',
    ]);
  });

  test('of alternatives are the first, and the providers of a virtual package are not followed', () => {
    const depends = [
      'haproxy',
      ' |Depends: adduser',
      ' |Depends: libfirst1',
      '  Depends: libsecond1',
      '  PreDepends: libthird1',
      '  Depends: <virtual-name>',
      '    libprovider1',
      'libthird1',
      '  Depends: zlib1g',
      '',
    ].join('\n');
    expect(libraryClosure(depends)).toEqual(['haproxy', 'libfirst1', 'libthird1', 'zlib1g']);
  });
});
