import { request, showOnFailure } from '@spoa/testing';
import { expect, onTestFinished, test } from 'vitest';
import { TestAgent } from './support/agent.ts';
import { describeCombinations, hasMultiplexer } from './support/combinations.ts';
import type { Case } from './support/configuration.ts';
import { createGate } from './support/gate.ts';
import { startProxy } from './support/pair.ts';

/** How long HAProxy keeps what it has no use for: by the agent's section up to 3.0, by the server's pool from 3.1 on. */
const IDLE = { idleTimeout: '50ms', server: 'pool-purge-delay 50ms' };

describeCombinations((combination) => {
  async function start(onTestFailed: (handler: () => void) => void, options: Partial<Case> = {}) {
    const agent = await TestAgent.start(combination.transport);
    onTestFinished(() => agent[Symbol.asyncDispose]());
    const haproxy = await startProxy(combination, [agent.address.server], {
      spoe: `
spoe-message question
  event on-frontend-http-request
`,
      frontend: 'http-request return status 200 hdr answer "%[var(txn.p.answer)]" hdr error "%[var(txn.p.error)]"',
      ...options,
    });
    showOnFailure(haproxy, onTestFailed);
    onTestFinished(() => haproxy.stop());
    agent.answer('question', (_, notify) => notify.setVar('transaction', 'answer', 42));
    expect((await request(haproxy)).headers.answer).toBe('42');
    expect(agent.connections).toBeGreaterThan(0);
    return { agent, haproxy };
  }

  test('a soft stop ends the connections quietly', async ({ onTestFailed }) => {
    const { agent, haproxy } = await start(onTestFailed);
    process.kill(haproxy.pid, 'SIGUSR1');
    expect(await haproxy.exited).toEqual({ code: 0, signal: null });
    await agent.untilConnections(0);
    expect(agent.log.complaints).toEqual([]);
    // From 3.1 on it just closes the connection, by a reset over TCP.
    const messages = agent.log.entries.map(({ message }) => message);
    expect(messages.includes('HAProxy disconnects')).toBe(!hasMultiplexer(combination.line));
  });

  test('a soft stop waits for the answer to a request in flight', async ({ onTestFailed }) => {
    const { agent, haproxy } = await start(onTestFailed);
    const arrived = createGate();
    const gate = createGate();
    agent.answer('question', async (_, notify) => {
      arrived.open();
      await gate.opened;
      notify.setVar('transaction', 'answer', 'late');
    });
    const response = request(haproxy);
    await arrived.opened;
    process.kill(haproxy.pid, 'SIGUSR1');
    await haproxy.waitForLog(/Proxy web stopped/);
    gate.open();
    expect((await response).headers).toMatchObject({ answer: 'late' });
    expect(await haproxy.exited).toEqual({ code: 0, signal: null });
    await agent.untilConnections(0);
    expect(agent.log.complaints).toEqual([]);
  });

  test('a connection that HAProxy has no use for ends quietly, and another is opened', async ({ onTestFailed }) => {
    const { agent, haproxy } = await start(onTestFailed, IDLE);
    await agent.untilConnections(0);
    expect((await request(haproxy)).headers).toMatchObject({ answer: '42' });
    await agent.untilConnections(0);
    expect(agent.log.complaints).toEqual([]);
  });

  test('an HAProxy that dies takes the reason to work away', async ({ onTestFailed }) => {
    const { agent, haproxy } = await start(onTestFailed);
    const arrived = createGate();
    const aborted = createGate();
    let reason: unknown;
    agent.answer('question', async (_, notify) => {
      notify.signal.addEventListener('abort', () => {
        reason = notify.signal.reason;
        aborted.open();
      });
      arrived.open();
      await aborted.opened;
      notify.setVar('transaction', 'answer', 'for nobody');
    });
    const response = request(haproxy).catch((error: unknown) => error);
    await arrived.opened;
    process.kill(haproxy.pid, 'SIGKILL');
    await aborted.opened;
    expect(reason).toMatchObject({ code: 'SPOA_DISCONNECTED' });
    expect(await response).toMatchObject({ code: 'HAPROXY_REQUEST' });
    await agent.untilConnections(0);
    expect(agent.log.complaints).toEqual([]);
  });
});
