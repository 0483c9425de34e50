import { mkdir, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join, relative } from 'node:path';
import type { Bench, Report } from './bench.ts';
import { nodeBinary } from './contenders.ts';
import { describeEnvironment, type Environment, environmentText } from './environment.ts';
import { Generator } from './generator.ts';
import { type BenchOptions, HELP, parseOptions } from './options.ts';
import { killAll } from './processes.ts';
import { json } from './report/json.ts';
import { SUITES, type Suite } from './suites/index.ts';

/*
 * `npm run bench`. Exit status: 0; 1 where an answer was wrong or missing, or a contender failed; 2 for wrong usage; 128 and the
 * signal's number where a signal ended it.
 */

async function bench(options: BenchOptions): Promise<void> {
  const startedAt = performance.now();
  const setup: Bench = {
    ...options,
    generator: new Generator(options.spopload, options.seconds, options.warmup),
    nodes: await Promise.all(options.nodes.map(nodeBinary)),
    progress: (text) => {
      const minutes = (performance.now() - startedAt) / 60_000;
      process.stderr.write(`[${minutes.toFixed(1)} min] ${text}\n`);
    },
  };
  const environment = await describeEnvironment(setup);
  process.stderr.write(`${environmentText(environment)}\n`);
  await mkdir(options.out, { recursive: true });
  let errors = 0;
  for (const name of options.suites) {
    const suite = SUITES[name] as Suite;
    setup.progress(`${name}: ${suite.title}`);
    try {
      const report = await suite.run(setup);
      errors += report.errors;
      await writeReport(options.out, name, suite.title, environment, report);
    } catch (error) {
      // The other suites are worth having.
      errors++;
      setup.progress(`${name} FAILED: ${(error as Error).message}`);
    }
  }
  if (errors === 0) return;
  process.stderr.write(
    `${errors} answers were wrong or missing, or measurements failed: see error_kinds and failures in the JSON files\n`,
  );
  process.exitCode = 1;
}

async function writeReport(out: string, name: string, title: string, environment: Environment, report: Report) {
  const plots = Object.entries(report.plots ?? {});
  const images = plots.map(([file]) => `![${file.replace('.svg', '').replaceAll('-', ' ')}](${file})`);
  const parts = [`## ${title}`, environmentText(environment), report.markdown, ...images];
  const files: [string, string][] = [
    [`${name}.md`, `${parts.join('\n\n')}\n`],
    [`${name}.json`, json({ environment, ...report.raw })],
    ...plots,
  ];
  for (const [file, content] of files) await writeFile(join(out, file), content);
  process.stdout.write(`${parts.slice(0, 3).join('\n\n')}\n\n`);
  process.stderr.write(`written to ${relative('.', out)}: ${files.map(([file]) => file).join(', ')}\n`);
}

function optionsOrExit(): BenchOptions {
  try {
    const options = parseOptions(process.argv.slice(2));
    if (options !== undefined) return options;
    process.stdout.write(HELP);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${HELP}`);
    process.exit(2);
  }
}

process.once('exit', killAll);
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => process.exit(128 + constants.signals[signal]));
}
try {
  await bench(optionsOrExit());
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(1);
}
