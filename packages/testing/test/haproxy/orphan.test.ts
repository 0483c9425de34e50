import { access } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { isRunning, startChild, until } from './support.ts';

async function isGone({ pid, folder }: { pid: number; folder: string }): Promise<boolean> {
  const folderIsGone = await access(folder).then(
    () => false,
    () => true,
  );
  return folderIsGone && !(await isRunning(pid));
}

test('HAProxy and its folder go when the process that started it is killed', async () => {
  await using child = startChild('start-haproxy.child.ts', []);
  const haproxy = JSON.parse(await child.nextLine());
  expect(await isRunning(haproxy.pid)).toBe(true);

  child.process.kill('SIGKILL');

  await until('HAProxy and its folder are gone', () => isGone(haproxy));
});

test('HAProxy and its folder go when the process that started it exits without stopping it', async () => {
  await using child = startChild('start-haproxy.child.ts', ['exit']);
  const haproxy = JSON.parse(await child.nextLine());

  await until('HAProxy and its folder are gone', () => isGone(haproxy));
});
