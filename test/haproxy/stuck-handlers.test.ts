import { createAgent } from '@spoa/core';
import { HAPROXY_VERSIONS, type Haproxy, showOnFailure } from '@spoa/testing';
import { describe, expect, onTestFailed, test } from 'vitest';
import { answerSized, askMany, LARGEST, startSized } from './support/sized-answers.ts';

const PATIENCE_MS = 30_000;

/**
 * Asks until all of a batch are answered as they should be. HAProxy's time-out is short here, for handlers have to outlast it
 * fifteen times in a row, and on a busy machine it strikes good answers too. On a connection that HAProxy has stopped reading it
 * strikes all, in each batch, however many there are.
 */
async function expectAllRight(haproxy: Haproxy, sizes: readonly number[], concurrency: number): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const wrong = await askMany(haproxy, sizes, concurrency);
    if (wrong.length === 0) return;
    if (performance.now() > deadline) expect(wrong, 'and in each batch before').toEqual([]);
  }
}

/** Handlers wait for a database that hangs while HAProxy gives up and asks on; then all answers are due at once. */
describe.each(HAPROXY_VERSIONS)('HAProxy %s, after handlers were stuck past its processing timeout', (version) => {
  const timeout = 3 * PATIENCE_MS;
  test.each([60, 400, 8000, LARGEST])('the connection lives on, with ACKs of %i bytes', { timeout }, async (size) => {
    let gate: Promise<void> | undefined;
    let open = (): void => undefined;
    const agent = createAgent(async (notify) => {
      if (gate !== undefined) await gate;
      answerSized(notify);
    });
    const haproxy = await startSized(version, '100ms');
    showOnFailure(haproxy, onTestFailed);
    await agent.listen({ port: haproxy.port('agent') });
    try {
      await expectAllRight(haproxy, new Array(40).fill(size), 1);
      gate = new Promise((resolve) => {
        open = resolve;
      });
      expect(await askMany(haproxy, new Array(300).fill(size), 20)).toHaveLength(300);
      gate = undefined;
      open();
      // While the backlog drains answers may be late once more, but not for good.
      await expectAllRight(haproxy, new Array(200).fill(size), 10);
    } finally {
      await haproxy.stop();
      await agent.close({ timeoutMs: 10 });
    }
  });
});
