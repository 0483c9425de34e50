import { fileURLToPath } from 'node:url';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { PROFILES } from './profiles.ts';
import { SUITES } from './suites/index.ts';

const AGENTS = ['net', 'core', 'framework', 'async'];
const RESULTS = fileURLToPath(new URL('../results/', import.meta.url));

export const HELP = `usage: npm run bench -- [options]

Measures the agents against a floor that does no work. In each round every contender is measured once, in turn, so that a
machine whose speed drifts drifts for all. Writes a table in Markdown, the raw numbers in JSON and plots in SVG for each suite.
Linux only: CPU time and memory are read from /proc. On a quiet machine with two processors all of it takes about an hour.

  --only SUITE,...     some of ${Object.keys(SUITES).join(', ')}
  --profiles P,...     of the suite profiles, some of
                       ${PROFILES.slice(0, 4)
                         .map(({ name }) => name)
                         .join(', ')},
                       ${PROFILES.slice(4)
                         .map(({ name }) => name)
                         .join(', ')}
  --agents A,...       some of ${AGENTS.join(', ')}
  --node FILE,...      binaries of Node to run agents on, all in the same rounds; curves are for the first (this one)
  --rounds N           rounds (5)
  --seconds S          length of a measurement (2)
  --warmup S           load before it that does not count (1)
  --long S             length of the measurements of pauses and in-flight (60)
  --spopload FILE      a load generator in C, also from SPOPLOAD; without it, one of ours
  --spopecho FILE      a floor in C, also from SPOPECHO; without it, a bare node:net responder
  --out FOLDER         where the files go (benchmarks/results)
  --help
`;

/** What was asked for. */
export interface BenchOptions {
  readonly suites: readonly string[];
  readonly profiles: readonly string[];
  readonly agents: readonly string[];
  readonly nodes: readonly string[];
  readonly rounds: number;
  readonly seconds: number;
  readonly warmup: number;
  readonly longSeconds: number;
  readonly spopload: string | undefined;
  readonly spopecho: string | undefined;
  readonly out: string;
}

const OPTIONS = {
  only: { type: 'string', default: Object.keys(SUITES).join() },
  profiles: { type: 'string', default: '' },
  agents: { type: 'string', default: '' },
  node: { type: 'string', default: process.execPath },
  rounds: { type: 'string', default: '5' },
  seconds: { type: 'string', default: '2' },
  warmup: { type: 'string', default: '1' },
  long: { type: 'string', default: '60' },
  spopload: { type: 'string' },
  spopecho: { type: 'string' },
  out: { type: 'string', default: RESULTS },
  help: { type: 'boolean', short: 'h', default: false },
} as const satisfies ParseArgsConfig['options'];

/** @throws Error saying what is wrong with an argument. @returns `undefined` where help was asked for */
export function parseOptions(args: string[]): BenchOptions | undefined {
  const { values } = parseArgs({ args, options: OPTIONS });
  if (values.help) return undefined;
  const profiles = PROFILES.map(({ name }) => name);
  return {
    suites: someOf('--only', values.only, Object.keys(SUITES)),
    profiles: someOf('--profiles', values.profiles, profiles),
    agents: someOf('--agents', values.agents, AGENTS),
    nodes: list(values.node),
    rounds: number('--rounds', values.rounds, 1, true),
    seconds: number('--seconds', values.seconds, 0.1),
    warmup: number('--warmup', values.warmup, 0),
    longSeconds: number('--long', values.long, 1),
    spopload: values.spopload ?? process.env.SPOPLOAD,
    spopecho: values.spopecho ?? process.env.SPOPECHO,
    out: values.out,
  };
}

function list(text: string): string[] {
  return text.split(',').filter((item) => item !== '');
}

function someOf(option: string, text: string, known: readonly string[]): string[] {
  const items = list(text);
  const unknown = items.find((item) => !known.includes(item));
  if (unknown !== undefined) throw new Error(`${option} knows no ${unknown}: ${known.join(', ')}`);
  return items;
}

function number(option: string, text: string, least: number, whole = false): number {
  const value = Number(text);
  // Written so that NaN fails too.
  if (!(value >= least) || (whole && !Number.isInteger(value))) {
    throw new Error(`${option} is ${whole ? 'a whole number' : 'a number'} from ${least} on, not ${text}`);
  }
  return value;
}
