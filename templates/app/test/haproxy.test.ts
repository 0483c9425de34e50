import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type ConfigFile, check, describeAgent } from '@spoa/framework/haproxy';
import { createHaproxy, Test } from '@spoa/testing';
import { expect, onTestFailed, test } from 'vitest';
import { agent } from '../src/agent.ts';
import { BlockList } from '../src/block-list.service.ts';

const VERSION = '3.2';

test('HAProxy turns away what is blocked', async () => {
  await using application = await Test.createTestingModule(agent.module).compile();
  await using haproxy = await createHaproxy({
    version: VERSION,
    agent,
    application,
    frontend: 'http-request deny if { var(txn.app_name.blocked) -m bool }',
    onTestFailed,
  });
  expect(await haproxy.get()).toMatchObject({ status: 200, variables: { transaction: { blocked: '0' } } });
  application.get(BlockList).add('127.0.0.1', 32);
  expect(await haproxy.get()).toMatchObject({ status: 403, variables: { transaction: { blocked: '1' } } });
});

test('haproxy.cfg and spoe.conf fit the controllers', async () => {
  const haproxy = [await configuration('haproxy.cfg')];
  const spoe = [await configuration('spoe.conf')];
  expect(check(await describeAgent(agent), { haproxy, spoe }, VERSION)).toEqual([]);
});

async function configuration(name: string): Promise<ConfigFile> {
  const file = fileURLToPath(new URL(`../haproxy/${name}`, import.meta.url));
  return { file, text: await readFile(file, 'utf8') };
}
