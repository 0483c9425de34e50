import { createAgent, type Handler } from '@spoa/core';
import { type Haproxy, request, showOnFailure, startHaproxy } from '@spoa/testing';
import { describe, expect, onTestFailed, test } from 'vitest';

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

const SPOE_CONF = `
[e]
spoe-agent e
  groups ask
  use-backend agents
  option var-prefix p
  option set-on-error err
  timeout hello 2s
  timeout idle 30s
  timeout processing 2s
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

const HANDLERS = {
  'a sync handler': answer,
  'an async handler that answers many at once': async (notify) => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    answer(notify);
  },
} as const satisfies Record<string, Handler>;

describe.each(['3.2', '3.4', '2.6', '3.0'] as const)('HAProxy %s with 20 and more NOTIFYs in flight', (version) => {
  describe.each(Object.keys(HANDLERS) as (keyof typeof HANDLERS)[])('and %s', (name) => {
    let haproxy: Haproxy;
    const start = async (): Promise<AsyncDisposable> => {
      const agent = createAgent(HANDLERS[name]);
      haproxy = await startHaproxy({ version, config: HAPROXY_CFG, files: { 'spoe.conf': SPOE_CONF } });
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
