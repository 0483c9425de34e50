import type { MessageDescription } from '../description.ts';
import { textsOf, titleOf } from '../parse/model.ts';
import type { Reference, SpoeGroupSection, SpoeMessageSection } from '../spoe/engine.ts';
import type { SpoeFilter } from '../spoe/proxies.ts';
import { isSpoeEvent, SPOE_EVENTS } from '../spoe-names.ts';
import type { CheckContext } from './context.ts';
import { finding, type HaproxyFinding } from './findings.ts';
import { allReferences } from './names.ts';

/** Messages and controllers that have no counterpart, and messages that never leave HAProxy. */
export function checkMessages(context: CheckContext): HaproxyFinding[] {
  const { engine, description } = context;
  const handled = new Set(description.messages.map(({ name }) => name));
  return [
    ...allReferences(context)
      .filter(({ name }) => !handled.has(name) && engine.messages.some((message) => message.name === name))
      .map(unhandled),
    ...description.messages.flatMap((message) => [...checkSent(context, message), ...checkEvent(context, message)]),
  ];
}

function unhandled({ name, line, word }: Reference): HaproxyFinding {
  const problem = `HAProxy sends ${name}, which no controller handles`;
  return finding(
    'SPOA_HAPROXY_MESSAGE_UNHANDLED',
    { line, word },
    problem,
    'take it off the list, or write its controller',
  );
}

function checkSent(context: CheckContext, message: MessageDescription): HaproxyFinding[] {
  const { engine } = context;
  const { name, handler = `the handler of ${name}` } = message;
  const section = engine.messages.find((one) => one.name === name);
  if (section === undefined) {
    const problem = `${handler} waits for the message ${name}, which HAProxy does not know`;
    const remedy = `add a \`spoe-message ${name}\`, as \`spoa config\` makes it, or mend the name of the one that is meant`;
    return [finding('SPOA_HAPROXY_MESSAGE_MISSING', { line: engine.agent.header }, problem, remedy)];
  }
  const groups = engine.groups.filter(({ messages }) => messages.some((one) => one.name === name));
  const isListed = engine.listed.some((one) => one.name === name);
  const reasons = [
    ...(isListed ? [whyEventIsSilent(context, section)] : []),
    ...groups.map((group) => whyGroupIsSilent(context, group)),
  ];
  if (reasons.length === 0)
    reasons.push({ problem: 'nothing lists it', remedy: "add it to the agent's `messages`, or to a group" });
  if (reasons.includes(undefined)) return [];
  return reasons.flatMap((reason) => {
    if (reason === undefined) return [];
    const problem = `HAProxy never sends ${name}: ${reason.problem}`;
    return [finding('SPOA_HAPROXY_MESSAGE_NOT_SENT', { line: section.section.header }, problem, reason.remedy)];
  });
}

/** A rule may send a message at any time: only events are compared. */
function checkEvent({ engine, filters }: CheckContext, message: MessageDescription): HaproxyFinding[] {
  const { name, event, handler = `the handler of ${name}` } = message;
  const sent = engine.messages.find((one) => one.name === name)?.events.at(-1);
  const isListed = engine.listed.some((one) => one.name === name);
  if (event === undefined || sent?.word.known !== true || !isListed || !isSpoeEvent(sent.name)) return [];
  // In a `listen` HAProxy makes no difference between the two sides.
  const isOneSided = filters.every(({ proxy }) => proxy.kind === 'listen');
  const sides = (text: string): string => (isOneSided ? text.replace('backend', 'frontend') : text);
  if (sides(sent.name) === sides(event)) return [];
  const problem = `HAProxy sends ${name} at ${sent.name}, and ${handler} says ${event}`;
  return [finding('SPOA_HAPROXY_MESSAGE_EVENT', sent, problem, `use \`event ${event}\`, or change @SpoeMessage`)];
}

interface Reason {
  readonly problem: string;
  readonly remedy: string;
}

function whyGroupIsSilent({ engine, proxies }: CheckContext, { name }: SpoeGroupSection): Reason | undefined {
  if (!engine.listedGroups.some((one) => one.name === name || !one.word.known)) {
    return { problem: `the agent does not list its group ${name}`, remedy: `add \`groups ${name}\` to the agent` };
  }
  const isAsked = proxies.groupRules.some(
    ({ engine: asked, group }) =>
      (asked?.text === engine.name || asked?.known === false) && (group?.text === name || group?.known === false),
  );
  if (isAsked) return undefined;
  return {
    problem: `no rule sends its group ${name}`,
    remedy: `add \`http-request send-spoe-group ${engine.name} ${name}\``,
  };
}

function whyEventIsSilent(context: CheckContext, { events }: SpoeMessageSection): Reason | undefined {
  const event = events.at(-1);
  if (event === undefined) return { problem: 'it has no event', remedy: 'add an `event` to it' };
  const name = event.name;
  // Other findings speak of an event that does not exist.
  if (!isSpoeEvent(name)) return undefined;
  const reasons = context.filters.map((filter) => whyFilterIsSilent(context, filter, name));
  return reasons.includes(undefined) ? undefined : reasons[0];
}

function whyFilterIsSilent(
  { proxies }: CheckContext,
  { proxy }: SpoeFilter,
  event: keyof typeof SPOE_EVENTS,
): Reason | undefined {
  const { side, http } = SPOE_EVENTS[event];
  const where = titleOf(proxy);
  if (side === 'frontend' && proxy.kind === 'backend') {
    return {
      problem: `its filter is in ${where}, where ${event} does not happen`,
      remedy: 'put the filter in the frontend',
    };
  }
  if (!http || proxies.modeOf(proxy) === 'http') return undefined;
  // A TCP frontend may hand its connection to the HTTP side, by rule or by its backend.
  const switches = proxy.lines.some((line) => textsOf(line).includes('switch-mode'));
  const isPassedOn = side === 'backend' && proxy.kind === 'frontend';
  const hasHttpBackend = proxies.sections.some((one) => one.kind === 'backend' && proxies.modeOf(one) === 'http');
  if (switches || (isPassedOn && hasHttpBackend)) return undefined;
  return {
    problem: `${where} is not in mode http, where ${event} happens`,
    remedy: 'use `mode http`, or an event of TCP',
  };
}
