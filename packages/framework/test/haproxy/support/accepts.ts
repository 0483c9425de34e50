import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installHaproxy } from '@spoa/testing';
import type { HaproxyVersion } from '../../../src/haproxy/index.ts';

/** What `haproxy -c` says of a configuration. */
export interface Verdict {
  readonly accepted: boolean;
  /** Its warnings and alerts, without the lines that it begins with. */
  readonly complaints: string[];
}

/** Has a real HAProxy check `haproxy.cfg` and the files beside it. */
export async function haproxyCheck(
  version: HaproxyVersion,
  files: Readonly<Record<string, string>>,
  args: readonly string[] = ['-c'],
  env: Readonly<Record<string, string>> = {},
): Promise<Verdict & { stdout: string; output: string }> {
  const { command, args: own } = await installHaproxy(version);
  const folder = await mkdtemp(join(tmpdir(), 'spoa-check-'));
  try {
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    const child = spawn(command, [...own, '-f', 'haproxy.cfg', ...args], {
      cwd: folder,
      env: { ...process.env, LC_ALL: 'C', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const [code] = (await once(child, 'close')) as [number | null];
    const complaints = stderr.split('\n').filter((line) => /^\[(WARNING|ALERT)\]/.test(line));
    return { accepted: code === 0, complaints, stdout, output: `${stdout}${stderr}` };
  } finally {
    await rm(folder, { recursive: true });
  }
}
