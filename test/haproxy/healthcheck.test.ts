import type { Haproxy } from '@spoa/testing';
import { expect, test } from 'vitest';
import { describeCombinations, hasMultiplexer } from './support/combinations.ts';
import { usePair } from './support/pair.ts';

const SPOE = `
spoe-message question
  event on-frontend-http-request
`;

const FRONTEND = `http-request return status 200 hdr answer "%[var(txn.p.answer)]" hdr error "%[var(txn.p.error)]"`;

describeCombinations((combination) => {
  const pair = usePair(combination, {
    spoe: SPOE,
    frontend: FRONTEND,
    backend: `
      option spop-check
      option log-health-checks
      timeout check 5s
    `,
    server: 'check inter 20ms fall 1 rise 1',
  });

  test('the server is UP with the agent, DOWN without it, and UP again when it is back', async () => {
    const { haproxy, agent } = pair;
    pair.answer('question', (_, notify) => notify.setVar('transaction', 'answer', 42));
    expect(await haproxy.waitForLog('Health check for server agents/agent1')).toContain(
      'succeeded, reason: Layer7 check passed',
    );
    expect(await serverOf(haproxy)).toMatchObject({ status: 'UP', check_status: 'L7OK' });
    expect((await pair.get('/')).headers.answer).toBe('42');

    await agent.close();
    await haproxy.waitForLog('Server agents/agent1 is DOWN');
    const check_status = combination.transport === 'tcp' ? 'L4CON' : 'SOCKERR';
    expect(await serverOf(haproxy)).toMatchObject({ status: 'DOWN', check_status });
    // Without a server nobody waits for `timeout processing`: "resource", or "I/O" from 3.1 on.
    const { headers } = await pair.get('/');
    expect(headers.error).toBe(hasMultiplexer(combination.line) ? '257' : '2');
    expect(headers).not.toHaveProperty('answer');

    await agent.reopen();
    await haproxy.waitForLog('Server agents/agent1 is UP');
    expect((await pair.get('/')).headers.answer).toBe('42');
    const messages = agent.log.entries.map(({ level, message }) => `${level}: ${message}`);
    expect(messages).toContain('debug: health check answered');
    expect(messages.filter((message) => !message.startsWith('debug: '))).toEqual([]);
  });
});

/** The line of `show stat` for the agent's server; of `check_status` without the star of a check that is under way. */
async function serverOf(haproxy: Haproxy): Promise<Record<string, string>> {
  const [names = '', ...lines] = (await haproxy.cli('show stat')).replace(/^# /, '').split('\n');
  const line = lines.find((text) => text.startsWith('agents,agent1,')) ?? '';
  const values = line.split(',');
  return Object.fromEntries(names.split(',').map((name, i) => [name, (values[i] ?? '').replace(/^\* /, '')]));
}
