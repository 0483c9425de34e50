import { readFile } from 'node:fs/promises';

/** HAProxy's configuration as it lies beside this application: two files, which look for each other in one folder. */
export async function haproxyFiles(): Promise<{ readonly 'haproxy.cfg': string; readonly 'spoe.conf': string }> {
  const read = (name: string) => readFile(new URL(`../haproxy/${name}`, import.meta.url), 'utf8');
  return { 'haproxy.cfg': await read('haproxy.cfg'), 'spoe.conf': await read('spoe.conf') };
}
