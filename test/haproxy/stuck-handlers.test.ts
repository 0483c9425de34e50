import { createAgent } from '@spoa/core';
import { HAPROXY_VERSIONS, showOnFailure } from '@spoa/testing';
import { describe, expect, onTestFailed, test } from 'vitest';
import { answerSized, askMany, LARGEST, startSized } from './support/sized-answers.ts';

/** Handlers wait for a database that hangs while HAProxy gives up and asks on; then all answers are due at once. */
describe.each(HAPROXY_VERSIONS)('HAProxy %s, after handlers were stuck past its processing timeout', (version) => {
  test.each([60, 400, 8000, LARGEST])('the connection lives on, with ACKs of %i bytes', async (size) => {
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
      expect(await askMany(haproxy, new Array(40).fill(size), 1)).toEqual([]);
      gate = new Promise((resolve) => {
        open = resolve;
      });
      expect(await askMany(haproxy, new Array(300).fill(size), 20)).toHaveLength(300);
      gate = undefined;
      open();
      // The backlog drains meanwhile: answers may be late once more, but not for good.
      for (let wrong = 1, tries = 0; wrong > 0 && tries < 10; tries++) {
        wrong = (await askMany(haproxy, new Array(100).fill(size), 10)).length;
      }
      expect(await askMany(haproxy, new Array(200).fill(size), 10)).toEqual([]);
    } finally {
      await haproxy.stop();
      await agent.close({ timeoutMs: 10 });
    }
  });
});
