import {
  type AgentDescription,
  fullName,
  longestDeadline,
  MAX_VARIABLE_NAME,
  type MessageDescription,
  prefixOf,
  processingTimeout,
} from '../description.ts';
import type { DescriptionFault } from '../errors.ts';
import { LineFault, splitWords } from '../parse/words.ts';
import { isSpoeEvent, MIN_FRAME_SIZE, SECTION_NAME, VARIABLE_NAME } from '../spoe-names.ts';

/** What HAProxy would refuse, or silently make something else of. */
export function checkDescription(description: AgentDescription): DescriptionFault[] {
  const { engine, messages, servers = [], maxFrameSize } = description;
  const prefix = prefixOf(description);
  const faults: DescriptionFault[] = [];
  const fault = (where: string, problem: string, remedy: string) => faults.push({ where, problem, remedy });
  if (!SECTION_NAME.test(engine)) fault('engine', `HAProxy refuses the name ${quoted(engine)}`, LETTERS);
  if (!VARIABLE_NAME.test(prefix)) fault('variablePrefix', `HAProxy refuses ${quoted(prefix)}`, VARIABLE_LETTERS);
  if (messages.length === 0) fault('messages', 'there is none', 'add a controller');
  if (servers.length === 0) fault('servers', 'there is none', 'say where the agent listens');
  if (maxFrameSize !== undefined && maxFrameSize < MIN_FRAME_SIZE) {
    fault('maxFrameSize', `SPOP has no frames of ${maxFrameSize} bytes`, `use ${MIN_FRAME_SIZE} or more`);
  }
  const deadline = longestDeadline(messages);
  const processing = processingTimeout(description);
  if (deadline !== undefined && processing <= deadline) {
    const problem = `HAProxy would give up after ${processing} ms, before the deadline of ${deadline} ms`;
    fault('timeouts.processingMs', problem, `use more than ${deadline}, or leave it out`);
  }
  for (const server of servers) {
    const name = server.name ?? 'agent1';
    if (!SECTION_NAME.test(name)) fault('servers', `HAProxy refuses the name ${quoted(name)}`, LETTERS);
  }
  for (const [i, message] of messages.entries()) {
    const isTwice = messages.findIndex(({ name }) => name === message.name) !== i;
    if (isTwice) fault(`message ${message.name}`, 'it is there twice', 'one message has one handler');
    faults.push(...checkMessage(message, prefix));
  }
  return faults;
}

const LETTERS = 'use letters, digits and . : _ -';
const VARIABLE_LETTERS = 'use letters, digits, _ and .';

function checkMessage({ name, event, condition, variables }: MessageDescription, prefix: string): DescriptionFault[] {
  const where = `message ${name}`;
  const faults: DescriptionFault[] = [];
  const fault = (problem: string, remedy: string) => faults.push({ where, problem, remedy });
  if (!SECTION_NAME.test(name)) fault('HAProxy refuses its name', LETTERS);
  if (event !== undefined && !isSpoeEvent(event)) fault(`there is no event ${event}`, "use one of HAProxy's events");
  if (condition !== undefined && !isCondition(condition)) {
    fault('its condition cannot stand on one line', 'write it as after the `if` of a rule of HAProxy');
  }
  for (const variable of variables) {
    const full = fullName(prefix, variable);
    if (!VARIABLE_NAME.test(variable.name))
      fault(`HAProxy refuses the variable ${quoted(variable.name)}`, VARIABLE_LETTERS);
    else if (full.length > MAX_VARIABLE_NAME) {
      fault(`${full} has ${full.length} bytes, HAProxy holds ${MAX_VARIABLE_NAME}`, 'use a shorter name or prefix');
    }
  }
  return faults;
}

function isCondition(condition: string): boolean {
  const words = splitWords(condition, new Map());
  return !/[\n\r\0]/.test(condition) && !(words instanceof LineFault) && words.length > 0;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
