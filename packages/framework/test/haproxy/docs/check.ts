import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import {
  type ConfigFile,
  check,
  type HaproxyVersion,
  type MessageDescription,
  spoeFilesOf,
} from '@spoa/framework/haproxy';

/** What is wrong with a `haproxy.cfg`, as lines for a terminal. */
export async function complaints(
  messages: readonly MessageDescription[],
  path: string,
  version: HaproxyVersion,
): Promise<string[]> {
  const read = async (file: string): Promise<ConfigFile> => ({ file, text: await readFile(file, 'utf8') });
  const haproxy = [await read(path)];
  const environment = process.env;
  const named = spoeFilesOf(haproxy, version, { environment }).filter(({ known }) => known);
  const spoe = await Promise.all(named.map((one) => read(resolve(dirname(path), one.path))));
  const findings = check({ engine: 'ip-reputation', messages }, { haproxy, spoe }, version, { environment });
  return findings.map(({ file, line, column, code, problem, remedy }) => {
    return `${file}:${line}:${column}: ${problem}; ${remedy} (${code})`;
  });
}
