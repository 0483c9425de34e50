import { createAgent, type Handler } from '@spoa/core';
import { HAPROXY_VERSIONS, type Haproxy, showOnFailure } from '@spoa/testing';
import { describe, expect, onTestFailed, test } from 'vitest';
import { answerSized, askMany, LARGEST, startSized } from './support/sized-answers.ts';

/**
 * HAProxy 3.1 and newer stall for good when unread ACKs fill their buffer (PROTOCOL: section 0, item 2). What the agent does
 * about it is told in `packages/core/src/agent/pacing.ts`.
 */

const HANDLERS = {
  'a sync handler': answerSized,
  'an async handler that answers many at once': async (notify) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    answerSized(notify);
  },
} as const satisfies Record<string, Handler>;

describe.each(HAPROXY_VERSIONS)('HAProxy %s with 20 and more NOTIFYs in flight', (version) => {
  describe.each(Object.keys(HANDLERS) as (keyof typeof HANDLERS)[])('and %s', (name) => {
    let haproxy: Haproxy;
    const start = async (): Promise<AsyncDisposable> => {
      const agent = createAgent(HANDLERS[name]);
      haproxy = await startSized(version, '2s');
      await agent.listen({ port: haproxy.port('agent') });
      return {
        async [Symbol.asyncDispose]() {
          await haproxy.stop();
          await agent.close();
        },
      };
    };

    test.each([950, 8000, LARGEST])('no request is lost to ACKs with %i bytes from the start', async (size) => {
      await using _ = await start();
      showOnFailure(haproxy, onTestFailed);
      expect(await askMany(haproxy, new Array(600).fill(size), 40)).toEqual([]);
    });

    test.each([950, 8000])('no request is lost when ACKs grow from 20 to %i bytes under load', async (size) => {
      await using _ = await start();
      showOnFailure(haproxy, onTestFailed);
      const sizes = [...new Array(400).fill(20), ...new Array(400).fill(size)];
      expect(await askMany(haproxy, sizes, 20)).toEqual([]);
    });
  });
});
