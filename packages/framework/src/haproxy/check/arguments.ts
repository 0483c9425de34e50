import type { ArgumentTypeName } from '../../arguments/argument-type.ts';
import type { ArgumentDescription, MessageDescription } from '../description.ts';
import { MAX_ARGUMENTS } from '../generate/arguments.ts';
import { type SampleType, sampleType } from '../samples/sample-type.ts';
import type { SentArgument, SpoeMessageSection } from '../spoe/engine.ts';
import type { CheckContext } from './context.ts';
import { finding, type HaproxyFinding } from './findings.ts';

/** What a handler takes from HAProxy for each of its types. */
const TAKEN = {
  string: ['string'],
  latin1: ['string'],
  number: ['integer'],
  bigint: ['integer'],
  boolean: ['boolean'],
  ip: ['address'],
  buffer: ['string', 'binary'],
  view: ['string', 'binary'],
  any: ['boolean', 'integer', 'address', 'string', 'binary'],
} as const satisfies Record<ArgumentTypeName, readonly SampleType[]>;

/** Arguments that are missing, superfluous, doubled, of another type, or too many. */
export function checkArguments({ engine, description }: CheckContext): HaproxyFinding[] {
  return engine.messages.flatMap((section) => {
    const message = description.messages.find(({ name }) => name === section.name);
    return message === undefined ? [] : checkMessage(section, message);
  });
}

function checkMessage(section: SpoeMessageSection, message: MessageDescription): HaproxyFinding[] {
  const { args } = section;
  const { handler = 'the handler' } = message;
  const findings: HaproxyFinding[] = [];
  const read = new Set<SentArgument>();
  for (const argument of message.arguments) {
    const sent = findSent(args, argument);
    if (sent !== undefined) {
      read.add(sent);
      findings.push(...checkType(sent, argument, handler));
    } else if (argument.optional !== true) {
      const problem = `${message.name} has no argument ${argument.name}, which ${handler} needs`;
      const remedy = `add \`args ${typeof argument.name === 'number' ? '' : `${argument.name}=`}${argument.sample ?? 'SAMPLE'}\``;
      findings.push(finding('SPOA_HAPROXY_ARGUMENT_MISSING', { line: section.section.header }, problem, remedy));
    }
  }
  const surplus = args[MAX_ARGUMENTS];
  if (surplus !== undefined) {
    const problem = `${message.name} has ${args.length} arguments: their number is one byte, and HAProxy does not check it`;
    findings.push(finding('SPOA_HAPROXY_ARGUMENT_COUNT', surplus, problem, `send ${MAX_ARGUMENTS} at most`));
  }
  return [...findings, ...args.flatMap((sent, i) => checkUse(sent, i))];

  function checkUse(sent: SentArgument, index: number): HaproxyFinding[] {
    if (read.has(sent) || message.takesAll === true) return [];
    const isRepeat = sent.name !== '' && args.findIndex(({ name }) => name === sent.name) < index;
    const isRead = message.arguments.some(({ name }) => name === sent.name);
    if (isRepeat && isRead) {
      const problem = `${message.name} has an argument ${sent.name} already, and ${handler} reads the first`;
      return [finding('SPOA_HAPROXY_ARGUMENT_TWICE', sent, problem, 'give it another name, or take it away')];
    }
    const problem = `${handler} does not read ${sent.name === '' ? `argument ${index} (${sent.sample})` : `the argument ${sent.name}`}`;
    return [
      finding('SPOA_HAPROXY_ARGUMENT_EXTRA', sent, problem, 'take it away: HAProxy computes and sends it for nothing'),
    ];
  }
}

function findSent(args: readonly SentArgument[], { name }: ArgumentDescription): SentArgument | undefined {
  return typeof name === 'number' ? args[name] : args.find((one) => one.name === name);
}

function checkType(sent: SentArgument, { name, type }: ArgumentDescription, handler: string): HaproxyFinding[] {
  const got = sent.word.known ? sampleType(sent.sample) : undefined;
  if (type === undefined || got === undefined) return [];
  const taken: readonly SampleType[] = TAKEN[type];
  if (taken.includes(got)) return [];
  const problem = `${sent.sample} gives ${WORDS[got]}, and ${handler} takes ${name} as ${type}`;
  return [
    finding(
      'SPOA_HAPROXY_ARGUMENT_TYPE',
      sent,
      problem,
      'use another sample or a converter, or change the type of @Arg',
    ),
  ];
}

const WORDS = {
  boolean: 'a boolean',
  integer: 'an integer',
  address: 'an address',
  string: 'text',
  binary: 'bytes',
} as const satisfies Partial<Record<SampleType, string>>;
