import { type AddressInfo, createServer } from 'node:net';
import { type Haproxy, request, startHaproxy } from '@spoa/testing';
import { expect, onTestFinished, test } from 'vitest';
import { rejection } from './support.ts';

/** An HAProxy that answers with what it was asked. */
async function startEcho(): Promise<Haproxy> {
  const haproxy = await startHaproxy({
    version: '3.2',
    config: `
defaults
  mode http
  timeout client 5s
frontend web
  bind 127.0.0.1:{{port:http}}
  bind 127.0.0.1:{{port:other}}
  option http-buffer-request
  http-request return status 403 hdr x-b one content-type text/plain lf-string "%[method] %[pathq] host=%[req.hdr(host)] a=%[req.hdr(x-a)] body=%[req.body] from=%[src] port=%[dst_port]"
`,
  });
  onTestFinished(() => haproxy.stop());
  return haproxy;
}

test('sends method, path, host, headers and body, and returns status, headers and body', async () => {
  const haproxy = await startEcho();
  const { status, headers, body } = await request(haproxy, {
    path: '/p?q=1',
    method: 'POST',
    host: 'shop.example',
    headers: { 'x-a': 'yes' },
    body: 'grüße',
  });
  expect(status).toBe(403);
  expect(headers).toMatchObject({ 'x-b': 'one', 'content-type': 'text/plain' });
  expect(body).toBe(`POST /p?q=1 host=shop.example a=yes body=grüße from=127.0.0.1 port=${haproxy.port('http')}`);
});

test('goes to the port named http, to a named one, or to a number; from any loopback address', async () => {
  const haproxy = await startEcho();
  const http = haproxy.port('http');
  const other = haproxy.port('other');
  expect((await request(haproxy)).body).toContain(`host=127.0.0.1:${http} a= body= from=127.0.0.1 port=${http}`);
  expect((await request(haproxy, { port: 'other' })).body).toContain(`port=${other}`);
  expect((await request(other, { localAddress: '127.8.7.6' })).body).toContain(`from=127.8.7.6 port=${other}`);
  await expect(async () => request(haproxy, { port: 'none' })).rejects.toThrow('ports: http, other');
});

test('every request has a connection of its own', async () => {
  const haproxy = await startEcho();
  for (let count = 0; count < 3; count += 1) await request(haproxy);
  expect(await haproxy.cli('show info')).toMatch(/^CumConns: [4-9]/m);
});

test('a peer that says nothing is an error in time, and so is one that hangs up in the middle', async () => {
  const server = createServer((socket) => {
    socket.once('data', (data) => {
      if (data.includes('/half')) socket.end('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const silent = await rejection(request(port, { timeoutMs: 50 }));
  expect(silent).toMatchObject({ code: 'HAPROXY_REQUEST' });
  expect(silent.message).toBe(`GET / at 127.0.0.1:${port}: no response within 50 ms`);
  expect(await rejection(request(port, { path: '/half' }))).toMatchObject({ code: 'HAPROXY_REQUEST' });
});
