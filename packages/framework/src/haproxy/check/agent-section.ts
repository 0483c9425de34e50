import { type Line, type Section, textsOf, titleOf } from '../parse/model.ts';
import { linesOf } from '../spoe/engine.ts';
import { parseTime } from '../spoe/values.ts';
import { isSpoeEvent, SECTION_NAME, VARIABLE_NAME } from '../spoe-names.ts';
import { type HaproxyVersion, hasMultiplexer } from '../versions.ts';
import type { CheckContext } from './context.ts';
import { finding, type HaproxyFinding } from './findings.ts';

interface Keyword {
  /** Words after the keyword; HAProxy refuses fewer and more. */
  readonly values: readonly [least: number, most: number];
  /** Whether `no` may stand before it. */
  readonly negatable?: boolean;
  /** Since 3.1 it is taken and means nothing. */
  readonly applet?: boolean;
  /** Since 3.1 HAProxy does not look at its values either. */
  readonly unread?: boolean;
  /** What a value must be, in words. */
  readonly accepts?: (value: string) => string | undefined;
}

const MANY = Number.POSITIVE_INFINITY;
const isTime = (value: string): string | undefined =>
  parseTime(value) === undefined ? 'a time, such as 100ms' : undefined;
const isVariable = (value: string): string | undefined =>
  VARIABLE_NAME.test(value) ? undefined : 'letters, digits, _ and .';

/** What a `spoe-agent` section may say; `option` and `timeout` with the word that follows. */
const AGENT_KEYWORDS: ReadonlyMap<string, Keyword> = new Map<string, Keyword>([
  ['use-backend', { values: [1, 1] }],
  ['messages', { values: [0, MANY] }],
  ['groups', { values: [0, MANY] }],
  ['log', { values: [0, MANY], negatable: true }],
  ['register-var-names', { values: [1, MANY], accepts: isVariable }],
  ['max-frame-size', { values: [1, 1] }],
  ['max-waiting-frames', { values: [1, 1], applet: true }],
  ['maxconnrate', { values: [1, 1], applet: true, unread: true }],
  ['maxerrrate', { values: [1, 1], applet: true, unread: true }],
  ['timeout processing', { values: [1, 1], accepts: isTime }],
  // Ignored since 3.1 too, but a file for both eras needs them: HAProxy up to 3.0 warns where they are missing.
  ['timeout hello', { values: [1, 1], accepts: isTime, unread: true }],
  ['timeout idle', { values: [1, 1], accepts: isTime, unread: true }],
  ['option pipelining', { values: [0, 0], negatable: true }],
  ['option async', { values: [0, 0], negatable: true, applet: true }],
  ['option send-frag-payload', { values: [0, 0], negatable: true, applet: true }],
  ['option dontlog-normal', { values: [0, 0], negatable: true }],
  ['option force-set-var', { values: [0, 0] }],
  ['option continue-on-error', { values: [0, 0] }],
  ['option var-prefix', { values: [1, 1], accepts: isVariable }],
  ['option set-on-error', { values: [1, 1], accepts: isVariable }],
  ['option set-process-time', { values: [1, 1], accepts: isVariable }],
  ['option set-total-time', { values: [1, 1], accepts: isVariable }],
]);

/** Keywords that this version refuses or ignores, and names that lead nowhere. */
export function checkSpoeFile({ engine, version }: CheckContext): HaproxyFinding[] {
  const { agent, sections } = engine;
  return [
    ...sections.flatMap((section) => checkSection(section, version)),
    ...repeated(sections),
    ...(linesOf(agent, 'use-backend').length === 0
      ? [rejected(agent.header, 'the agent has no backend', 'add `use-backend NAME`')]
      : []),
    ...(VARIABLE_NAME.test(engine.prefix) || linesOf(agent, 'option', 'var-prefix').length > 0
      ? []
      : [rejected(agent.header, `${engine.prefix} cannot stand before variables`, 'add `option var-prefix NAME`')]),
  ];
}

function rejected(line: Line, problem: string, remedy: string, word = 0): HaproxyFinding {
  return finding('SPOA_HAPROXY_REJECTED', { line, word: line.words[word] }, problem, remedy);
}

function checkSection(section: Section, version: HaproxyVersion): HaproxyFinding[] {
  const { kind, name, header, lines } = section;
  const checkLine = SECTION_CHECKS.get(kind);
  if (checkLine === undefined) {
    return [rejected(header, `a spoe file has no section ${kind}`, 'move it to haproxy.cfg, or mend the keyword')];
  }
  const isNamed = name !== undefined && SECTION_NAME.test(name) && header.words.length === 2;
  const badName = isNamed ? [] : [rejected(header, `a ${kind} has one name`, 'use letters, digits and . : _ -')];
  return [
    ...badName,
    ...lines.flatMap((line) => (isNegatable(line) ? checkLine(line, version) : notNegatable(line))),
    ...(kind === 'spoe-message' ? events(section) : []),
  ];
}

/** HAProxy looks at this before the section does. */
function isNegatable({ negated, words }: Line): boolean {
  return !negated || words[0]?.text === 'option' || words[0]?.text === 'log';
}

function notNegatable(line: Line, name = line.words[0]?.text): HaproxyFinding {
  return rejected(line, `there is no \`no ${name}\``, 'take the line away');
}

const SECTION_CHECKS = new Map<string, (line: Line, version: HaproxyVersion) => HaproxyFinding[]>([
  ['spoe-agent', checkAgentLine],
  ['spoe-group', checkGroupLine],
  ['spoe-message', checkMessageLine],
]);

function checkAgentLine(line: Line, version: HaproxyVersion): HaproxyFinding[] {
  const [first = '', second = ''] = textsOf(line);
  const isPair = first === 'option' || first === 'timeout';
  const name = isPair ? `${first} ${second}` : first;
  const keyword = AGENT_KEYWORDS.get(name);
  if (keyword === undefined) {
    return [
      rejected(line, `a spoe-agent has no ${name.trim()}`, 'mend the keyword, or take the line away', isPair ? 1 : 0),
    ];
  }
  const isUnread = keyword.unread === true && hasMultiplexer(version);
  if (isUnread && isPair) return [];
  const values = line.words.slice(isPair ? 2 : 1);
  const [least, most] = keyword.values;
  if (values.length < least) return [rejected(line, `${name} has no value`, 'give it one')];
  if (values.length > most && !isUnread) return [rejected(line, `${name} has too many values`, 'take the last away')];
  if (line.negated && keyword.negatable !== true) return [notNegatable(line, name)];
  const wrong = values.find(({ text, known }) => known && keyword.accepts?.(text) !== undefined);
  if (wrong !== undefined) {
    const problem = `${wrong.text} is no value of ${name}`;
    return [finding('SPOA_HAPROXY_REJECTED', { line, word: wrong }, problem, `use ${keyword.accepts?.(wrong.text)}`)];
  }
  if (keyword.applet !== true || !hasMultiplexer(version)) return [];
  const problem = `HAProxy ${version} ignores ${line.negated ? 'no ' : ''}${name}: it has meant nothing since 3.1`;
  return [finding('SPOA_HAPROXY_KEYWORD_IGNORED', { line }, problem, 'take the line away')];
}

function checkGroupLine(line: Line): HaproxyFinding[] {
  const [keyword = ''] = textsOf(line);
  return keyword === 'messages' ? [] : [rejected(line, `a spoe-group has no ${keyword}`, 'it has `messages` only')];
}

function checkMessageLine(line: Line): HaproxyFinding[] {
  const [keyword = '', value, condition] = textsOf(line);
  if (keyword === 'args' || keyword === 'acl') return [];
  if (keyword !== 'event') {
    const problem = `a spoe-message has no ${keyword}: HAProxy ignores the line and does not say so`;
    return [finding('SPOA_HAPROXY_KEYWORD_UNKNOWN', { line }, problem, 'it has `args`, `acl` and `event`')];
  }
  if (value === undefined || !isSpoeEvent(value)) {
    if (line.words[1]?.known === false) return [];
    return [rejected(line, `there is no event ${value ?? 'without a name'}`, "use one of HAProxy's eight events", 1)];
  }
  if (condition === undefined || condition === 'if' || condition === 'unless') return [];
  return [rejected(line, `after the event comes a condition, not ${condition}`, 'use `if` or `unless`', 2)];
}

function events(section: Section): HaproxyFinding[] {
  const lines = linesOf(section, 'event').filter(({ certain }) => certain);
  return lines.slice(0, -1).map((line) => {
    const problem = 'HAProxy ignores this event: the last one of a message counts';
    return finding('SPOA_HAPROXY_KEYWORD_IGNORED', { line }, problem, 'give the other event a message of its own');
  });
}

/** A scope has one agent, and one section of each name. */
function repeated(sections: readonly Section[]): HaproxyFinding[] {
  const seen = new Map<string, Section>();
  return sections.flatMap((section) => {
    const key = section.kind === 'spoe-agent' ? section.kind : titleOf(section);
    const first = seen.get(key);
    if (first === undefined) {
      seen.set(key, section);
      return [];
    }
    const isCertain = section.header.certain && first.header.certain;
    return isCertain ? [rejected(section.header, `line ${first.header.number} is ${key} too`, 'drop one of them')] : [];
  });
}
