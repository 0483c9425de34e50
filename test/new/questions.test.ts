import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { ask, CancelledError, type Given } from '../../src/new/questions.ts';

const ENTER = '\r';
const DOWN = '\u001B[B';
const CTRL_C = '\u0003';

const nameFault = (name: string): string | undefined => (name === 'taken' ? 'It is there already.' : undefined);

/** Answers each question when it is asked, by its text, as somebody at a terminal does. */
async function answering(given: Given, answers: readonly [question: string, keys: readonly string[]][]) {
  const input = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => input });
  const output = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
  let shown = '';
  const open = [...answers];
  output.setEncoding('utf8').on('data', (text: string) => {
    shown += text;
    const [next] = open;
    if (next === undefined || !shown.includes(next[0])) return;
    open.shift();
    shown = '';
    // Not while it is still being drawn.
    setImmediate(() => {
      for (const key of next[1]) input.write(key);
    });
  });
  const answered = await ask(given, nameFault, { input, output });
  expect(open).toEqual([]);
  return answered;
}

describe('on a terminal', () => {
  test('what is not given is asked', async () => {
    const answers = await answering({}, [
      ['Its name', ['bot-check', ENTER]],
      ['Its database', [DOWN, ENTER]],
      ['The message', ['check.bot', ENTER]],
    ]);
    expect(answers).toEqual({ name: 'bot-check', database: 'pglite', message: 'check.bot' });
  });

  test('the first choice and the name of the application are there for the taking', async () => {
    const answers = await answering({ name: 'bot-check' }, [
      ['Its database', [ENTER]],
      ['The message', [ENTER]],
    ]);
    expect(answers).toEqual({ name: 'bot-check', database: 'none', message: 'bot-check' });
  });

  test('nothing is asked that flags have said', async () => {
    const given = { name: 'bot-check', database: 'none', message: 'check-bot' } as const;
    expect(await answering(given, [])).toEqual(given);
  });

  test('a name that will not do is told, and asked again', async () => {
    const answers = await answering({ database: 'none', message: 'm' }, [
      ['Its name', ['taken', ENTER]],
      ['It is there already.', ['\b'.repeat(5), 'bot', ENTER]],
    ]);
    expect(answers.name).toBe('bot');
  });

  test('Ctrl-C ends it', async () => {
    await expect(answering({}, [['Its name', [CTRL_C]]])).rejects.toThrow(CancelledError);
  });
});
