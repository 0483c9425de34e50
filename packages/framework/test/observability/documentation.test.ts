import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { duplexPair } from 'node:stream';
import { expect, onTestFinished, test, vi } from 'vitest';
import { SpoaApplication, SpoeMessage } from '../../src/index.ts';
import { Observability } from '../../src/observability/index.ts';

@SpoeMessage('hello')
class HelloController {
  handle(): void {}
}

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
  readonly templating: { readonly list: readonly { readonly query: string | { readonly query: string } }[] };
}

const page = await readFile(new URL('../../../../docs/metrics.md', import.meta.url), 'utf8');
const dashboard = JSON.parse(await readFile(new URL('../../grafana/spoa.json', import.meta.url), 'utf8')) as Dashboard;

test.each([
  ['metrics', ['metrics', 'traces']],
  ['diagnostics-channels', ['diagnostics-channels']],
])('the examples of docs/%s.md are files that are compiled here', async (name, files) => {
  const read = (file: string): Promise<string> => readFile(new URL(file, import.meta.url), 'utf8');
  const text = await read(`../../../../docs/${name}.md`);
  const examples = await Promise.all(files.map((file) => read(`docs/${file}.ts`)));
  expect([...text.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code]) => code)).toEqual(examples);
});

test('the examples of docs/metrics.md run', async () => {
  const { main } = await import('./docs/metrics.ts');
  const app = await main(0, 0);
  expect(app.state).toBe('ready');
  await app.close();
  const { traced } = await import('./docs/traces.ts');
  await (await traced()).close();
});

test('the example of docs/diagnostics-channels.md hears of a peer that is turned away', async () => {
  const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  onTestFinished(() => said.mockRestore());
  await import('./docs/diagnostics-channels.ts');
  const app = await SpoaApplication.create({ controllers: [HelloController], logger: false });
  onTestFinished(() => app.close());
  const [ours, theirs] = duplexPair();
  app.handleConnection(ours);
  theirs.end('GET / HTTP/1.1\r\n\r\n');
  await once(theirs.resume(), 'close');
  expect(said.mock.calls).toEqual([['a peer was turned away', { transport: 'stream' }, 'SPOA_NOT_SPOP']]);
});

/** Type and labels of each metric, by name. */
async function realMetrics(): Promise<Map<string, { type: string; labels: string[] }>> {
  const observability = new Observability();
  const app = await SpoaApplication.create({ controllers: [HelloController], logger: false, observability });
  onTestFinished(() => app.close());
  const metrics = await observability.registry.getMetricsAsJSON();
  const text = await observability.metrics();
  return new Map(
    metrics.map(({ name }) => {
      const { labelNames = [] } = observability.registry.getSingleMetric(name) as { labelNames?: string[] };
      const type = new RegExp(`^# TYPE ${name} (\\w+)$`, 'm').exec(text)?.[1] as string;
      const shown = [...text.matchAll(new RegExp(`^${name}_bucket{le="[^"]*",?(?:(\\w+)=)?`, 'gm'))];
      const labels = type === 'histogram' ? shown.map(([, label]) => label ?? '').filter(Boolean) : labelNames;
      return [name, { type, labels: [...new Set(labels)].sort() }];
    }),
  );
}

test('docs/metrics.md has each metric with its type and its labels, and no other', async () => {
  const rows = [...page.matchAll(/^\| `(spoa_\w+)` \| (\w+) \|([^|]*)\|/gm)].map(
    ([, name, type, labels]) =>
      [name, { type, labels: [...(labels as string).matchAll(/`(\w+)`/g)].map(([, label]) => label).sort() }] as const,
  );
  expect(new Map(rows)).toEqual(await realMetrics());
});

test('docs/metrics.md has lines that fit a screen, but for its tables', () => {
  expect(page.split('\n').filter((line) => line.length > 135 && !line.startsWith('|'))).toEqual([]);
});

/** The series of a metric, with the labels that each may be asked for. */
async function series(): Promise<Map<string, string[]>> {
  const all = [...(await realMetrics())].flatMap(([name, { type, labels }]): [string, string[]][] =>
    type !== 'histogram'
      ? [[name, labels]]
      : [
          [`${name}_bucket`, [...labels, 'le']],
          [`${name}_sum`, labels],
          [`${name}_count`, labels],
        ],
  );
  return new Map(all.map(([name, labels]) => [name, [...labels, 'job', 'instance']]));
}

const expressions = [
  ...dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ...dashboard.templating.list.map(({ query }) => (typeof query === 'string' ? query : query.query)),
];

test('the dashboard asks for metrics and labels that there are', async () => {
  const known = await series();
  for (const expression of expressions) {
    const names = expression.match(/spoa_\w+/g) ?? [];
    for (const name of names) expect([...known.keys()], expression).toContain(name);
    for (const [, name, selector] of expression.matchAll(/(spoa_\w+)\{([^}]*)\}/g)) {
      for (const [, label] of (selector as string).matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)) {
        expect(known.get(name as string), expression).toContain(label);
      }
    }
    const grouped = [...expression.matchAll(/by \(([^)]*)\)/g)].flatMap(([, by]) => (by as string).split(/,\s*/));
    for (const label of grouped) {
      expect(
        names.some((name) => known.get(name)?.includes(label)),
        `${label} in ${expression}`,
      ).toBe(true);
    }
  }
});

test('the dashboard shows every metric', async () => {
  const shown = expressions.join('\n');
  const missing = [...(await realMetrics()).keys()].filter((name) => !shown.includes(name));
  expect(missing).toEqual([]);
});

test('counters and histograms are asked for as rates, gauges as they are', async () => {
  const metrics = await realMetrics();
  for (const expression of expressions) {
    for (const [whole, rate, name] of expression.matchAll(/(rate\()?(spoa_\w+)\{/g)) {
      const metric = metrics.get((name as string).replace(/_(bucket|sum|count)$/, '')) ?? metrics.get(name as string);
      if (expression.startsWith('label_values')) continue;
      expect(rate !== undefined, `${whole} in ${expression}`).toBe(metric?.type !== 'gauge');
    }
  }
});
