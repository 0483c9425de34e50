import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from '../command/support/spoa.ts';

interface Package {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

async function rangesIn(folder: string): Promise<[name: string, range: string][]> {
  const file = JSON.parse(await readFile(join(ROOT, folder, 'package.json'), 'utf8')) as Package;
  return Object.entries({ ...file.dependencies, ...file.devDependencies });
}

test('a new application takes the versions that the workspace has', async () => {
  const known = (await Promise.all(['packages/framework', 'apps/ip-reputation'].map(rangesIn))).flat();
  const ranges = new Map(known);
  for (const folder of await readdir(join(ROOT, 'templates'), { withFileTypes: true })) {
    if (!folder.isDirectory()) continue;
    for (const [name, range] of await rangesIn(join('templates', folder.name))) {
      expect([name, range]).toEqual([name, range === 'workspace:*' ? range : ranges.get(name)]);
    }
  }
});
