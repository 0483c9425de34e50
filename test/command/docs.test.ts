import { readFile } from 'node:fs/promises';
import { describeAgent, generate, HAPROXY_VERSIONS } from '@spoa/framework/haproxy';
import { expect, test } from 'vitest';
import { agent } from './docs/agent.ts';
import { spoa } from './support/spoa.ts';
import { makeWorkspace } from './support/workspace.ts';

const page = await readFile(new URL('../../docs/command-line.md', import.meta.url), 'utf8');
/** What stands under each heading, by the heading. */
const sections = new Map(
  page.split(/^## /m).map((section): [string, string] => {
    const end = section.indexOf('\n');
    return [section.slice(0, end), section.slice(end)];
  }),
);

const helpOf = async (...command: string[]): Promise<string> => (await spoa('/', ...command, '--help')).stdout;
/** Of the list in a --help, without --help itself. */
const optionsOf = (help: string): string[] => {
  return [...help.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)]
    .map(([, name]) => name as string)
    .filter((name) => name !== '--help');
};

test('the page has the commands of --help, and no others', async () => {
  const list = (await helpOf()).split('\nCommands:\n')[1]?.split('\n\n')[0] ?? '';
  const commands = [...list.matchAll(/^ {2}([a-z]+)/gm)].map(([, name]) => name).filter((name) => name !== 'help');
  const headings = [...sections.keys()].flatMap((heading) => /^spoa (\w+)/.exec(heading)?.[1] ?? []);
  expect(headings.toSorted()).toEqual(commands.toSorted());
});

test.each(['config', 'check', 'start', 'new app'])(
  'the page has the options of spoa %s, and no others',
  async (command) => {
    const help = await helpOf(...command.split(' '));
    const section = sections.get(`spoa ${command}`) ?? '';
    const rows = [...section.matchAll(/^\| (?:`-\w`, )?`(--[a-z-]+)/gm)].map(([, name]) => name);
    expect(rows.toSorted()).toEqual(optionsOf(help).toSorted());
    expect(help).toContain('Examples:\n');
    expect(help).toMatch(/^Exit codes: 0 .*1 .*2 /m);
  },
);

test('the page names the versions of HAProxy and the default, as --help does', async () => {
  const [last, ...others] = HAPROXY_VERSIONS.toReversed();
  expect(page).toContain(`${others.toReversed().join(', ')} or ${last}; by default 3.2`);
  expect(await helpOf('config')).toMatch(/2\.6, 3\.0, 3\.2, 3\.4 \(default:\s+"3\.2"\)/);
});

test('the examples of the page use options that there are', async () => {
  const examples = [...page.matchAll(/^ {4}(?:npx )?spoa (new app|[a-z]+)(.*?)(?: && .*)?$/gm)];
  expect(examples.length).toBeGreaterThan(12);
  const known = new Map<string, string[]>();
  for (const [line, command = '', rest = ''] of examples) {
    if (!known.has(command)) known.set(command, optionsOf(await helpOf(...command.split(' '))));
    const used = rest.match(/--[a-z-]+/g) ?? [];
    expect([line, used.filter((option) => !known.get(command)?.includes(option))]).toEqual([line, []]);
  }
});

test('the agent.ts of the page is compiled here, can be described, and is what the command tells to write', async () => {
  const written = await readFile(new URL('./docs/agent.ts', import.meta.url), 'utf8');
  expect([...page.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code)).toEqual([written]);
  expect(generate(await describeAgent(agent), '3.2').files['spoe.conf']).toContain('spoe-message bot-check');

  const workspace = await makeWorkspace();
  await workspace.write({ 'apps/bot-check/package.json': '{}' });
  const { stderr } = await spoa(workspace.folder, 'config', 'bot-check');
  expect(stderr.replaceAll(/^ {2}/gm, '')).toContain(`\n\n${written}`);
});

test('the page has lines that fit a screen', () => {
  expect(page.split('\n').filter((line) => line.length > 128)).toEqual([]);
});
