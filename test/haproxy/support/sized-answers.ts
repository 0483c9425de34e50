import type { Handler } from '@spoa/core';
import { type Haproxy, type HaproxyVersion, request, startHaproxy } from '@spoa/testing';

/*
 * Answers of any size, for what HAProxy's buffer cannot bear: the request names the size in `x-size`, the response tells in
 * `x-length` what arrived, and in `x-error` what went wrong.
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
export const LARGEST = 16_383 - AROUND;

/** Answers with as many bytes as were asked for. */
export const answerSized: Handler = (notify) => {
  notify.setVar('transaction', 'big', 'x'.repeat(Number(notify.messages.at(0)?.get('size'))));
};

/** @param processing HAProxy's `timeout processing` */
export function startSized(version: HaproxyVersion, processing: string): Promise<Haproxy> {
  return startHaproxy({ version, config: HAPROXY_CFG, files: { 'spoe.conf': spoeConf(processing) } });
}

interface Answer {
  readonly length: string | undefined;
  readonly error: string | undefined;
}

async function ask(haproxy: Haproxy, size: number): Promise<Answer> {
  const { headers } = await request(haproxy, { port: 'web', headers: { 'x-size': String(size) } });
  return { length: headers['x-length'] as string | undefined, error: headers['x-error'] as string | undefined };
}

/** Keeps `concurrency` requests going until all sizes are answered; returns those that went wrong. */
export async function askMany(haproxy: Haproxy, sizes: readonly number[], concurrency: number): Promise<string[]> {
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
