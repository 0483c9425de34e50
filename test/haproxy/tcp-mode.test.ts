import { IpAddress } from '@spoa/core';
import { request } from '@spoa/testing';
import { expect, test } from 'vitest';
import { describeCombinations } from './support/combinations.ts';
import { ORIGIN } from './support/origin.ts';
import { usePair } from './support/pair.ts';

// The events of TCP come before the bytes that `inspect-delay` waits for (haproxy/haproxy#1736): those take a group.
const SPOE = `
spoe-message session
  args ip=src port=dst_port
  event on-client-session if LOCALHOST

spoe-message early
  args name=fe_name
  event on-frontend-tcp-request

spoe-message request
  args begin=req.payload(0,4)
spoe-group request
  messages request

spoe-message response
  args begin=res.payload(0,8)
spoe-group response
  messages response
`;

const TCP = `
listen plain
  mode tcp
  option tcplog
  bind 127.0.0.1:{{port:plain}}
  filter spoe engine spoe config {{file:spoe.conf}}
  tcp-request inspect-delay 5s
  tcp-request content reject if { var(sess.p.blocked) -m bool }
  tcp-request content send-spoe-group spoe request if { req.len ge 4 }
  tcp-request content reject if { var(txn.p.verb) -m str DROP }
  tcp-request content accept if { req.len ge 4 }
  tcp-response inspect-delay 5s
  tcp-response content send-spoe-group spoe response if { res.len ge 8 }
  tcp-response content accept if { res.len ge 8 }
  server origin unix@{{socket:origin}}
`;

describeCombinations((combination) => {
  const pair = usePair(combination, {
    spoe: SPOE,
    frontend: 'http-request return status 200',
    sections: `${ORIGIN}${TCP}`,
  });

  // Kept alive: a response that waits for a group while the server closes behind it is lost in 2.6.
  const connect = (options: { method?: string; localAddress?: string } = {}) =>
    request(pair.haproxy, {
      port: 'plain',
      localAddress: '127.0.0.1',
      headers: { connection: 'keep-alive' },
      ...options,
    });

  test('a session is judged by its address before anything is passed on', async () => {
    const sessions: unknown[] = [];
    pair.answer('session', (message, notify) => {
      sessions.push(message.get('ip'), message.get('port'));
      notify.setVar('session', 'blocked', String(message.get('ip')) === '127.0.0.66');
    });
    expect((await connect()).body).toBe('origin');
    await expect(connect({ localAddress: '127.0.0.66' })).rejects.toThrow(/socket hang up|ECONNRESET/);
    const port = pair.haproxy.port('plain');
    expect(sessions).toEqual([IpAddress.parse('127.0.0.1'), port, IpAddress.parse('127.0.0.66'), port]);
  });

  test('a request and a response are judged by their bytes', async () => {
    const begins: unknown[] = [];
    pair.answer('early', (message) => begins.push(message.get('name')));
    pair.answer('request', (message, notify) => {
      const begin = String(message.get('begin'));
      begins.push(begin);
      notify.setVar('transaction', 'verb', begin === 'PUT ' ? 'DROP' : 'PASS');
    });
    pair.answer('response', (message) => begins.push(String(message.get('begin'))));
    expect((await connect()).body).toBe('origin');
    await expect(connect({ method: 'PUT' })).rejects.toThrow(/socket hang up|ECONNRESET/);
    expect(begins).toEqual(['plain', 'GET ', 'HTTP/1.1', 'plain', 'PUT ']);
  });
});
