import { Agent, get } from 'node:http';
import type { IpAddress } from '@spoa/framework';
import { check, describeAgent, generate, HAPROXY_VERSIONS } from '@spoa/framework/haproxy';
import { request, Test } from '@spoa/testing';
import { describe, expect, test } from 'vitest';
import { agent } from '../src/agent.ts';
import { AppModule } from '../src/app.module.ts';
import { Database } from '../src/database/database.ts';
import { haproxyFiles } from '../src/haproxy-files.ts';
import { ReputationService } from '../src/service/reputation-service.ts';
import { startFront } from './support/front.ts';

test('spoe.conf is what the controller makes it: vitest -u writes it anew', async () => {
  // For the older era: the newer one takes it too.
  const { files } = generate(await describeAgent(agent), '3.0');
  await expect(files['spoe.conf']).toMatchFileSnapshot('../haproxy/spoe.conf');
});

test.each(HAPROXY_VERSIONS)('check finds nothing, with HAProxy %s', async (version) => {
  const [haproxy, spoe] = Object.entries(await haproxyFiles()).map(([file, text]) => [{ file, text }]);
  const files = { haproxy: haproxy ?? [], spoe: spoe ?? [] };
  expect(check(await describeAgent(agent), files, version)).toEqual([]);
});

describe.each(HAPROXY_VERSIONS)('behind HAProxy %s', (version) => {
  test('the score decides, and a failure lets through without the score of the client before', async () => {
    const lookup = (ip: IpAddress) => {
      if (String(ip) === '192.0.2.66') return { score: 0, list: 'bad', reason: 'seen attacking' };
      if (String(ip) === '192.0.2.1') return { score: 40, list: undefined, reason: undefined };
      throw new Error('broken');
    };
    await using application = await Test.createTestingModule(AppModule)
      .overrideProvider(Database)
      .useValue({})
      .overrideProvider(ReputationService)
      .useValue({ lookup })
      .compile();
    await using haproxy = await startFront(version, await application.listen({ port: 0 }));
    expect(haproxy.log).not.toMatch(/\[(WARNING|ALERT)\] .* config : /);

    const denied = await request(haproxy, { headers: { 'x-forwarded-for': '192.0.2.66' } });
    expect([denied.status, denied.headers['x-ip-list']]).toEqual([403, 'bad']);

    // One connection for several clients, as that of another proxy in front.
    const connection = new Agent({ keepAlive: true, maxSockets: 1 });
    const ask = (address: string) => ask200(connection, haproxy.port('web'), address);
    try {
      expect(await ask('192.0.2.1')).toContain('\nip_score 40\n');
      expect(await ask('192.0.2.2')).toContain('\nip_score \n');
      await haproxy.waitForLog(/^192\.0\.2\.2 GET .* ip_score=- ip_list=- waited=\d+ms spoe_error=- ip_error=error$/);
    } finally {
      connection.destroy();
    }
  });
});

/** The body of a response of status 200. */
function ask200(agent: Agent, port: number, address: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const outgoing = get({ port, agent, headers: { 'x-forwarded-for': address } }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.once('end', () => {
        if (response.statusCode === 200) resolve(body);
        else reject(new Error(`status ${response.statusCode}`));
      });
    });
    outgoing.once('error', reject);
  });
}
