import type { NotifyContext } from '@spoa/core';
import { describe, expect, test } from 'vitest';
import { describeCombinations, hasMultiplexer } from './support/combinations.ts';
import { createGate, type Gate } from './support/gate.ts';
import { usePair } from './support/pair.ts';

const SPOE = `
spoe-message question
  args token=url_param(token)
  event on-frontend-http-request

spoe-message neighbour
  event on-frontend-http-request if { path /with-neighbour }
`;

const FRONTEND = `
  http-request return status 200 hdr answer "%[var(txn.p.answer)]" hdr neighbour "%[var(txn.p.neighbour)]" hdr error "%[var(txn.p.error)]"
`;

describeCombinations((combination) => {
  const pair = usePair(combination, { spoe: SPOE, frontend: FRONTEND, processingTimeout: '300ms' });

  // Without pipelining a connection is busy until its ACK comes, late or not, and 3.0 opens no further one as long as fewer
  // messages are in work than came in the last second: then the next request waits for the late ACK, too.
  const opensConnections = combination.pipelining || combination.line !== '3.0';

  /** Sends a request; its answer, HAProxy's error, and the status in HAProxy's log. */
  async function ask(path = '/?token=1') {
    const after = pair.haproxy.logPosition;
    const { answer, neighbour, error } = (await pair.get(path)).headers;
    const [, status] = / st=(\d+) /.exec(await pair.haproxy.waitForLog('SPOE: [spoe]', { after })) ?? [];
    return { answer, neighbour, error, status };
  }

  function answerWithToken(): void {
    pair.answer('question', (message, notify) => notify.setVar('transaction', 'answer', message.get('token') ?? null));
  }

  test('an ACK without actions is an answer', async () => {
    expect(await ask()).toEqual({ status: '0' });
    expect(await ask()).toEqual({ status: '0' });
  });

  describe('a handler that is slower than `timeout processing`', () => {
    test('holds nobody up, and its late ACK does no harm', async () => {
      answerWithToken();
      await ask();
      pair.agent.log.clear();
      const gate = createGate();
      let late: NotifyContext | undefined;
      pair.answer('question', async (_, notify) => {
        late = notify;
        await gate.opened;
        notify.setVar('transaction', 'answer', 'late');
      });
      expect(await ask()).toEqual({ error: '1', status: '1' });

      answerWithToken();
      if (opensConnections) expect(await ask('/?token=meanwhile')).toEqual({ answer: 'meanwhile', status: '0' });
      gate.open();
      expect(await ask('/?token=behind')).toEqual({ answer: 'behind', status: '0' });
      expect(await ask('/?token=after')).toEqual({ answer: 'after', status: '0' });
      expect(late?.settled).toBe(true);
      // No connection ended because of it.
      expect(pair.agent.log.entries.filter(({ message }) => message !== 'connection open')).toEqual([]);
    });

    test('is no end of HAProxy, even when there are many', async () => {
      const gate = createGate();
      pair.answer('question', () => gate.opened);
      const slow = await Promise.all(Array.from({ length: 30 }, () => pair.get('/')));
      expect(slow.map(({ headers }) => headers.error)).toEqual(slow.map(() => '1'));
      answerWithToken();
      if (opensConnections) expect(await ask('/?token=meanwhile')).toEqual({ answer: 'meanwhile', status: '0' });
      gate.open();
      expect(await ask('/?token=after')).toEqual({ answer: 'after', status: '0' });
    });
  });

  describe('a handler that fails', () => {
    test.each<[string, () => unknown]>([
      [
        'throws',
        () => {
          throw new Error('no luck');
        },
      ],
      ['rejects', () => Promise.reject(new Error('no luck'))],
      [
        'rejects later',
        async () => {
          await new Promise((resolve) => setImmediate(resolve));
          throw new Error('no luck');
        },
      ],
    ])('because it %s sets no variables, and HAProxy does not wait', async (_, fail) => {
      pair.answer('neighbour', (_, notify) => notify.setVar('transaction', 'neighbour', 'unheard'));
      pair.answer('question', (_, notify) => {
        notify.setVar('transaction', 'answer', 'before the failure');
        return fail();
      });
      expect(await ask('/with-neighbour')).toEqual({ status: '0' });
      expect(pair.agent.log.takeComplaints()).toEqual([expect.stringMatching(/NOTIFY.*empty/)]);
      answerWithToken();
      expect(await ask('/with-neighbour?token=2')).toEqual({ answer: '2', neighbour: 'unheard', status: '0' });
    });

    test('because it sets what HAProxy would refuse: the same', async () => {
      pair.answer('question', (_, notify) => notify.setVar('transaction', 'no such name', 1));
      expect(await ask()).toEqual({ status: '0' });
      pair.answer('question', (_, notify) => notify.setVar('transaction', 'answer', 1.5));
      expect(await ask()).toEqual({ status: '0' });
      expect(pair.agent.log.takeComplaints()).toHaveLength(2);
      answerWithToken();
      expect(await ask('/?token=3')).toEqual({ answer: '3', status: '0' });
    });
  });

  test('many handlers at once are answered in any order', async () => {
    answerWithToken();
    await ask();
    const waiting: Array<{ gate: Gate; peer: unknown }> = [];
    const tokens = Array.from({ length: 10 }, (_, i) => `t${i}`);
    pair.answer('question', async (message, notify) => {
      const gate = createGate();
      waiting.push({ gate, peer: notify.peer });
      // The last to come lets all go, itself first.
      if (waiting.length === tokens.length) for (const { gate } of waiting.toReversed()) gate.open();
      await gate.opened;
      notify.setVar('transaction', 'answer', message.get('token') ?? null);
    });
    const responses = await Promise.all(tokens.map((token) => pair.get(`/?token=${token}`)));
    expect(responses.map(({ headers }) => headers.answer)).toEqual(tokens);
    const connections = new Set(waiting.map(({ peer }) => peer)).size;
    if (!combination.pipelining) expect(connections).toBe(tokens.length);
    else if (hasMultiplexer(combination.line)) expect(connections).toBe(1);
  });
});
