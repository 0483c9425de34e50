import type { Reference } from '../spoe/engine.ts';
import type { CheckContext } from './context.ts';
import { finding, type HaproxyFinding } from './findings.ts';

/** Names of messages and groups that lead nowhere, or are given twice. */
export function checkNames(context: CheckContext): HaproxyFinding[] {
  const { engine } = context;
  const isMessage = (name: string): boolean => engine.messages.some((message) => message.name === name);
  const isGroup = (name: string): boolean => engine.groups.some((group) => group.name === name);
  const rejected = ({ name, line, word }: Reference, kind: string): HaproxyFinding => {
    const problem = `there is no ${kind} ${name} in this scope`;
    return finding(
      'SPOA_HAPROXY_REJECTED',
      { line, word },
      problem,
      `add a section \`${kind} ${name}\`, or mend the name`,
    );
  };
  const isTaken = ({ word }: Reference): boolean => word.known;
  return [
    ...allReferences(context)
      .filter((one) => isTaken(one) && !isMessage(one.name))
      .map((one) => rejected(one, 'spoe-message')),
    ...engine.listedGroups
      .filter((one) => isTaken(one) && !isGroup(one.name))
      .map((one) => rejected(one, 'spoe-group')),
    ...twice(engine.listed, 'the agent lists it already'),
    ...twice(engine.listedGroups, 'the agent lists it already'),
    ...twice(groupReferences(context), 'a message is in one group only'),
    ...rulesOfUnknownGroups(context),
  ];
}

function twice(references: readonly Reference[], problem: string): HaproxyFinding[] {
  const certain = references.filter(({ line }) => line.certain);
  const repeats = certain.filter(({ name }, i) => certain.findIndex((other) => other.name === name) < i);
  return repeats.map(({ name, line, word }) =>
    finding('SPOA_HAPROXY_REJECTED', { line, word }, `${name}: ${problem}`, 'take it off here'),
  );
}

function rulesOfUnknownGroups({ engine, proxies }: CheckContext): HaproxyFinding[] {
  return proxies.groupRules
    .filter((rule) => rule.engine?.text === engine.name)
    .filter(({ group }) => group?.known !== false && !engine.listedGroups.some(({ name }) => name === group?.text))
    .map(({ line, group }) => {
      const problem = `the agent ${engine.name} has no group ${group?.text ?? 'without a name'}`;
      return finding(
        'SPOA_HAPROXY_REJECTED',
        { line, word: group },
        problem,
        "add it to the agent's `groups`, or mend the name",
      );
    });
}

/** HAProxy does not look into a group that the agent does not list. */
function groupReferences({ engine }: CheckContext): Reference[] {
  const groups = engine.groups.filter(({ name }) => engine.listedGroups.some((one) => one.name === name));
  return groups.flatMap(({ messages }) => messages);
}

/** Where the agent and its groups name messages. */
export function allReferences(context: CheckContext): Reference[] {
  return [...context.engine.listed, ...groupReferences(context)];
}
