import { fullName, MAX_VARIABLE_NAME, SCOPE_WORDS } from '../description.ts';
import type { Line, Word } from '../parse/model.ts';
import { linesOf, optionValue } from '../spoe/engine.ts';
import type { CheckContext } from './context.ts';
import { finding, type HaproxyFinding } from './findings.ts';

/** Variables that are read and never set, that HAProxy refuses, and names that it cannot hold. */
export function checkVariables(context: CheckContext): HaproxyFinding[] {
  const { engine, description } = context;
  const set = new Set(
    description.messages.flatMap(({ variables }) => variables.map((one) => fullName(engine.prefix, one))),
  );
  const own = ownVariables(context);
  const mentions = allMentions(context);
  return [
    ...longNames([...set, ...own], context),
    ...refused(set, mentions, context),
    ...unset(set, own, mentions, context),
  ];
}

/** What HAProxy itself sets for the agent. */
function ownVariables({ engine }: CheckContext): string[] {
  return ['set-on-error', 'set-process-time', 'set-total-time'].flatMap((option) => {
    const name = optionValue(engine.agent, option)?.text;
    return name === undefined ? [] : [`txn.${engine.prefix}.${name}`];
  });
}

/** A full name of a variable with the engine's prefix, somewhere in the configuration. */
interface Mention {
  readonly name: string;
  readonly line: Line;
  readonly word: Word;
  /** Whether it is in `set-var(...)` or its like, in `unset-var(...)`, or anywhere else. */
  readonly use: 'set' | 'unset' | 'read';
}

function allMentions({ engine, proxies }: CheckContext): Mention[] {
  const prefix = engine.prefix.replaceAll(/[^A-Za-z0-9_]/g, '\\$&');
  // `ptxn` and its like are the variables of the stream that asked, for the agents' backend.
  const pattern = new RegExp(`(?<![A-Za-z0-9_.])p?((?:proc|sess|txn|req|res)\\.${prefix}\\.[A-Za-z0-9_.]+)`, 'g');
  const lines = [...proxies.sections, ...engine.sections].flatMap((section) => section.lines);
  return lines.flatMap((line) =>
    line.words.flatMap((word) =>
      [...word.text.matchAll(pattern)].map((match): Mention => {
        return { name: match[1] as string, line, word, use: useAfter(word.text.slice(0, match.index)) };
      }),
    ),
  );
}

function useAfter(text: string): Mention['use'] {
  const action = /(un)?set-var(?:-fmt)?\($/.exec(text);
  if (action === null) return 'read';
  return action[1] === undefined ? 'set' : 'unset';
}

function unset(
  set: ReadonlySet<string>,
  own: readonly string[],
  mentions: readonly Mention[],
  { description }: CheckContext,
) {
  // A handler that may set anything may set these too.
  if (description.messages.some(({ open }) => open === true)) return [];
  const bySomebody = new Set([...set, ...own, ...mentions.filter(({ use }) => use === 'set').map(({ name }) => name)]);
  return mentions
    .filter(({ name, use }) => use === 'read' && !bySomebody.has(name))
    .map(({ name, line, word }) => {
      const bare = name.slice(name.indexOf('.'));
      const elsewhere = [...bySomebody].find((other) => other.slice(other.indexOf('.')) === bare);
      const remedy =
        elsewhere === undefined ? 'mend the name, or have a controller set it' : `read ${elsewhere}, which is set`;
      return finding('SPOA_HAPROXY_VARIABLE_UNSET', { line, word }, `nobody sets ${name}`, remedy);
    });
}

function longNames(names: readonly string[], { engine }: CheckContext): HaproxyFinding[] {
  const line = linesOf(engine.agent, 'option', 'var-prefix').at(-1) ?? engine.agent.header;
  return names
    .filter((name) => name.length > MAX_VARIABLE_NAME)
    .map((name) => {
      const problem = `${name} has ${name.length} bytes: HAProxy holds ${MAX_VARIABLE_NAME}, and cuts it or drops the variable`;
      return finding(
        'SPOA_HAPROXY_VARIABLE_NAME',
        { line },
        problem,
        'use a shorter prefix, or a shorter name in the controller',
      );
    });
}

/** Since 2.5 only the variables of scope proc must be known from the configuration. */
function refused(set: ReadonlySet<string>, mentions: readonly Mention[], { engine }: CheckContext): HaproxyFinding[] {
  const { agent, prefix } = engine;
  if (linesOf(agent, 'option', 'force-set-var').length > 0) return [];
  const registered = linesOf(agent, 'register-var-names').flatMap((line) => {
    return line.words.slice(1).map(({ text }) => `${SCOPE_WORDS.process}.${prefix}.${text}`);
  });
  const known = new Set([...registered, ...mentions.map(({ name }) => name)]);
  return [...set]
    .filter((name) => name.startsWith(`${SCOPE_WORDS.process}.`) && !known.has(name))
    .map((name) => {
      const remedy = `add \`register-var-names ${name.slice(SCOPE_WORDS.process.length + prefix.length + 2)}\``;
      return finding(
        'SPOA_HAPROXY_VARIABLE_REFUSED',
        { line: agent.header },
        `HAProxy refuses to set ${name}: it does not know it`,
        remedy,
      );
    });
}
