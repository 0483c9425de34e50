import type { NotifyContext } from '@spoa/core';
import { describe, expect, test } from 'vitest';
import { describeCombinations, hasMultiplexer } from './support/combinations.ts';
import { ClientConnection } from './support/connection.ts';
import { usePair } from './support/pair.ts';

const SPOE = `
spoe-message session
  event on-client-session

spoe-message request
  event on-frontend-http-request
`;

const FRONTEND = `
  http-request return status 200 hdr answered "%[var(txn.p.answered)]"
`;

interface Ids {
  /** One object for each connection. */
  readonly peer: NotifyContext['peer'];
  readonly engineId: string | undefined;
  readonly streamId: number;
  readonly frameId: number;
}

describeCombinations((combination) => {
  const { transport, line } = combination;
  const pair = usePair(combination, { spoe: SPOE, frontend: FRONTEND });

  function record(...names: string[]): Ids[] {
    const ids: Ids[] = [];
    for (const name of names) {
      pair.answer(name, (_, { peer, engineId, streamId, frameId }) => ids.push({ peer, engineId, streamId, frameId }));
    }
    return ids;
  }

  test('the engine-id is a UUID that stays', async () => {
    const ids = record('session', 'request');
    await pair.get('/');
    await pair.get('/');
    const engineIds = new Set(ids.map(({ engineId }) => engineId));
    expect(ids).toHaveLength(4);
    expect([...engineIds]).toEqual([expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i)]);
  });

  /** Two requests over one connection. For HAProxy each is a stream, which begins with on-client-session. */
  async function idsOfTwoRequests(): Promise<Ids[]> {
    const ids = record('session', 'request');
    using client = new ClientConnection(pair.haproxy);
    await client.get('/');
    await client.get('/');
    expect(ids).toHaveLength(4);
    return ids;
  }

  if (hasMultiplexer(line)) {
    test('each NOTIFY is a stream of its connection: odd ids that rise', async () => {
      const ids = await idsOfTwoRequests();
      for (const peer of new Set(ids.map((id) => id.peer))) {
        const streamIds = ids.filter((id) => id.peer === peer).map(({ streamId }) => streamId);
        const [first = 0] = streamIds;
        expect(first % 2).toBe(1);
        expect(streamIds).toEqual(streamIds.map((_, i) => first + 2 * i));
      }
      expect(ids.map(({ frameId }) => frameId)).toEqual([1, 1, 1, 1]);
    });
  } else {
    test('each stream of HAProxy counts its frames', async () => {
      const ids = await idsOfTwoRequests();
      const [first, second, third, fourth] = ids.map(({ streamId }) => streamId);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(second).toBe(first);
      expect(third).toBeGreaterThan(first as number);
      expect(fourth).toBe(third);
      expect(ids.map(({ frameId }) => frameId)).toEqual([1, 2, 1, 2]);
    });
  }

  test('the peer is HAProxy', async () => {
    const peers: NotifyContext['peer'][] = [];
    pair.answer('request', (_, { peer }) => peers.push(peer));
    await pair.get('/');
    expect(peers).toEqual([
      transport === 'unix' ? { transport } : { transport, address: '127.0.0.1', port: expect.any(Number) },
    ]);
  });

  describe('with several threads', () => {
    const threaded = usePair(combination, { spoe: SPOE, frontend: FRONTEND, threads: 4 });

    test(`the engine-id is ${hasMultiplexer(line) ? 'one for all' : 'one for each'}`, async () => {
      const engineIds = new Map<NotifyContext['peer'], string | undefined>();
      threaded.answer('request', (_, { peer, engineId }) => engineIds.set(peer, engineId));
      await Promise.all(Array.from({ length: 40 }, () => threaded.get('/')));
      const different = new Set(engineIds.values()).size;
      expect(different).toBeGreaterThan(0);
      expect(different).toBeLessThanOrEqual(hasMultiplexer(line) ? 1 : 4);
    });
  });
});
