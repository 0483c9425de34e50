import { type AgentDescription, fullName, type MessageDescription, prefixOf } from '../description.ts';
import { quoteWord } from '../parse/quote.ts';
import { SPOE_EVENTS } from '../spoe-names.ts';
import type { Row } from './layout.ts';
import { ERROR_VARIABLE } from './spoe-file.ts';

/** The line that hands what happens in a frontend to the engine. */
export function filterRows({ engine }: AgentDescription, path: string): Row[] {
  return [
    "# Hands this frontend's events to the engine. It may stand in several frontends.",
    `filter spoe engine ${engine} config ${quoteWord(path)}`,
  ];
}

/** What a frontend may do with the agent: ask it, and use what it said. */
export function ruleRows(description: AgentDescription): Row[] {
  const { engine, messages } = description;
  const asked = messages.filter(({ event }) => event === undefined);
  const failed = `txn.${prefixOf(description)}.${ERROR_VARIABLE}`;
  return [
    ...(asked.length === 0
      ? []
      : ['# No event sends these messages: the request asks here, and waits for the answer.']),
    ...asked.map(({ name, condition }) => {
      return `http-request send-spoe-group ${engine} ${name}${condition === undefined ? '' : ` if ${condition}`}`;
    }),
    '# Without an answer in time the request goes on without the variables. To turn it away instead:',
    `#   http-request deny deny_status 503 if { var(${failed}) -m found }`,
    ...variableRows(description),
  ];
}

function variableRows(description: AgentDescription): Row[] {
  const prefix = prefixOf(description);
  const rules = new Map<string, Row[]>();
  for (const message of description.messages) {
    for (const variable of message.variables) {
      const name = fullName(prefix, variable);
      const way = wayOf(message, variable.scope);
      // A variable of the request is gone by then: it is for the rules of the backend that set it off.
      const isGone = variable.scope === 'request' && way === 'response';
      if (!isGone && !rules.has(name)) rules.set(name, rulesFor(name, way));
    }
  }
  if (rules.size === 0) return openRows(description);
  return [
    ...openRows(description),
    '# Examples: what the agent said becomes headers, and nobody else can say it. A variable is found only where the agent has',
    '# set it.',
    ...[...rules.values()].flat(),
  ];
}

/** What is not there is looked for here first: a result class in a promise is known to no compiler. */
function openRows({ messages }: AgentDescription): Row[] {
  const names = messages.filter(({ open }) => open === true).map(({ name }) => name);
  if (names.length === 0) return [];
  return [
    `# Not all that these messages may set is known from their code: ${names.join(', ')}.`,
    '# Where a handler returns a promise of a class with @Var, name it: `returns` of @SpoeMessage.',
  ];
}

/** On which way the variable is there for the rules of a frontend. */
function wayOf({ event }: MessageDescription, scope: string): 'request' | 'response' {
  if (scope === 'response') return 'response';
  if (event === undefined) return 'request';
  const { side, way } = SPOE_EVENTS[event];
  // A frontend's rules for the request have run when it comes to the events of a backend.
  return side === 'backend' ? 'response' : way;
}

function rulesFor(name: string, way: 'request' | 'response'): Row[] {
  const header = `x-${name.slice(name.indexOf('.') + 1).replaceAll(/[^A-Za-z0-9]/g, '-')}`;
  return [
    `http-${way} del-header ${header}`,
    `http-${way} set-header ${header} "%[var(${name})]" if { var(${name}) -m found }`,
  ];
}
