import { createAgent, type Handler } from '@spoa/core';
import { type Haproxy, request, startHaproxy } from '@spoa/testing';
import { describe, expect, test } from 'vitest';

/**
 * HAProxy 3.1 and newer stall for good when unread ACKs fill their buffer (PROTOCOL: section 0, item 2). What the agent does
 * about it is told in `packages/core/src/agent/pacing.ts`.
 */

const HAPROXY_CFG = `
global
  nbthread 1
defaults
  mode http
  log global
  timeout connect 2s
  timeout client 20s
  timeout server 20s
frontend web
  bind 127.0.0.1:{{port:web}}
  filter spoe engine e config {{file:spoe.conf}}
  http-request send-spoe-group e ask
  http-request return status 200 hdr x-length "%[var(txn.p.big),length]" hdr x-error "%[var(txn.p.err)]"
backend agents
  mode tcp
  server agent1 127.0.0.1:{{port:agent}}
`;

const spoeConf = (proc: string): string => `
[e]
spoe-agent e
  groups ask
  use-backend agents
  option var-prefix p
  option set-on-error err
  timeout hello 2s
  timeout idle 30s
  timeout processing ${proc}
  log global
  option dontlog-normal
spoe-group ask
  messages ask
spoe-message ask
  args size=req.hdr(x-size)
`;

/** Wire bytes of an ACK around the value of the variable `big`: header, ids, action, lengths. */
const AROUND = 30;
/** The largest value that fits into the largest ACK which is kept from filling HAProxy's buffer of 16384 bytes. */
const LARGEST = 16_383 - AROUND;

const answer: Handler = (notify) => {
  notify.setVar('transaction', 'big', 'x'.repeat(Number(notify.messages.at(0)?.get('size'))));
};

interface Answer {
  readonly length: string | undefined;
  readonly error: string | undefined;
}

async function ask(haproxy: Haproxy, size: number): Promise<Answer> {
  const { headers } = await request(haproxy, { port: 'web', headers: { 'x-size': String(size) } });
  return { length: headers['x-length'] as string | undefined, error: headers['x-error'] as string | undefined };
}

/** Keeps `concurrency` requests going until `count` are answered; returns those that went wrong. */
async function askMany(haproxy: Haproxy, sizes: readonly number[], concurrency: number): Promise<string[]> {
  const wrong: string[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < sizes.length) {
      const size = sizes[next++] as number;
      const { length, error } = await ask(haproxy, size);
      if (length !== String(size) || error) wrong.push(`${size}: length ${length}, error ${error}`);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return wrong;
}

/** Handlers wait for a database that hangs while HAProxy gives up and asks on; then all answers are due at once. */
describe.each(['2.6', '3.0', '3.2', '3.4'] as const)(
  'HAProxy %s, after handlers were stuck past its processing timeout',
  (version) => {
    test.each([60, 400, 8000, 16_353])('the connection lives on, with ACKs of %i bytes', async (size) => {
      let gate: Promise<void> | undefined;
      let open = (): void => undefined;
      const agent = createAgent(async (notify) => {
        const length = Number(notify.messages.at(0)?.get('size'));
        if (gate !== undefined) await gate;
        notify.setVar('transaction', 'big', 'x'.repeat(length));
      });
      const haproxy = await startHaproxy({ version, config: HAPROXY_CFG, files: { 'spoe.conf': spoeConf('100ms') } });
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
  },
);
