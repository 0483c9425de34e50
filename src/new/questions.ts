import type { Readable, Writable } from 'node:stream';
import { type CANCEL_SYMBOL, cancel, intro, isCancel, select, text } from '@clack/prompts';
import { type Choices, DATABASES, type DatabaseChoice } from './choices.ts';
import { messageNameFault } from './names.ts';

export interface Terminal {
  readonly input: Readable;
  readonly output: Writable;
}

/** What flags have said already. */
export type Given = Partial<Pick<Choices, 'name' | 'database' | 'message'>>;

/** What is wrong with an answer; `undefined` where nothing is. */
export type FaultOf = (answer: string) => string | undefined;

/** Somebody has ended the questions. */
export class CancelledError extends Error {}

/**
 * Asks for what is not given.
 *
 * @param nameFault of the application's name, which is asked again where it has one
 * @throws CancelledError
 */
export async function ask(given: Given, nameFault: FaultOf, terminal: Terminal): Promise<Required<Given>> {
  intro('A new application', terminal);
  try {
    const name = given.name ?? (await askName(nameFault, terminal));
    const database = given.database ?? (await askDatabase(terminal));
    const message = given.message ?? (await askMessage(name, terminal));
    return { name, database, message };
  } catch (error) {
    if (error instanceof CancelledError) cancel('Nothing was made.', terminal);
    throw error;
  }
}

async function askName(nameFault: FaultOf, terminal: Terminal): Promise<string> {
  return answered(
    await text({
      message: 'Its name',
      placeholder: 'bot-check',
      validate: (value = '') => nameFault(value),
      ...terminal,
    }),
  );
}

async function askDatabase(terminal: Terminal): Promise<DatabaseChoice> {
  const options = (Object.entries(DATABASES) as [DatabaseChoice, string][]).map(([value, label]) => ({ value, label }));
  return answered(await select<DatabaseChoice>({ message: 'Its database', options, ...terminal }));
}

async function askMessage(name: string, terminal: Terminal): Promise<string> {
  return answered(
    await text({
      message: 'The message that HAProxy sends it',
      placeholder: name,
      defaultValue: name,
      validate: (value) => messageNameFault(value || name),
      ...terminal,
    }),
  );
}

function answered<T>(answer: T | typeof CANCEL_SYMBOL): T {
  if (isCancel(answer)) throw new CancelledError('cancelled: nothing was made');
  return answer;
}
