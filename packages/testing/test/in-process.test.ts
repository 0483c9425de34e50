import { createAgent, IpAddress, ipv4 } from '@spoa/core';
import { defineMessage, SpoaApplication } from '@spoa/framework';
import { describe, expect, test } from 'vitest';
import { connectInProcess, dispatch } from '../src/index.ts';

async function application(): Promise<SpoaApplication> {
  return SpoaApplication.create({
    logger: false,
    controllers: [
      defineMessage({
        name: 'get-ip-reputation',
        args: { ip: 'ip' },
        vars: { ip_score: 'session', ip_list: 'transaction', ip_reason: 'transaction' },
        handle: async ({ ip }) => ({ ip_score: ip.w0 & 0xff, ip_list: String(ip), ip_reason: null }),
      }),
    ],
  });
}

describe('dispatch', () => {
  test('sends a message through an application and returns the variables by scope', async () => {
    await using app = await application();
    const variables = await dispatch(app, 'get-ip-reputation', { ip: ipv4('192.0.2.7') });
    expect(variables).toEqual({ session: { ip_score: 7 }, transaction: { ip_list: '192.0.2.7', ip_reason: null } });
  });

  test('takes unnamed and repeated arguments in order, by a bare agent too', async () => {
    await using agent = createAgent((notify) => {
      const values = [...(notify.messages.at(0) ?? [])].map(({ name, value }) => `${name}=${String(value)}`);
      notify.setVar('request', 'seen', values.join(' '));
    });
    const variables = await dispatch(agent, 'any', [
      ['', true],
      ['a', 1],
      ['a', IpAddress.v4(1)],
    ]);
    expect(variables).toEqual({ request: { seen: '=true a=1 a=0.0.0.1' } });
  });

  test('a message that fails or is unknown sets nothing', async () => {
    await using app = await application();
    expect(await dispatch(app, 'get-ip-reputation', { ip: 'no address' })).toEqual({});
    expect(await dispatch(app, 'no-such-message')).toEqual({});
    expect([...app.unknownMessages]).toEqual([['no-such-message', 1]]);
  });

  test('the last action on a variable counts, and a hostile name is only a name', async () => {
    await using agent = createAgent((notify) => {
      notify.setVar('session', 'a', 1);
      notify.setVar('session', 'a', 2);
      notify.setVar('session', '__proto__', 3);
    });
    const { session } = await dispatch(agent, 'any');
    expect(Object.entries(session ?? {})).toEqual([
      ['a', 2],
      ['__proto__', 3],
    ]);
  });
});

test('connectInProcess keeps a connection for several messages', async () => {
  await using app = await application();
  await using engine = await connectInProcess(app, { engineId: 'one' });
  const asked = [1, 2, 3].map((n) => engine.notify([{ name: 'get-ip-reputation', args: [['ip', IpAddress.v4(n)]] }]));
  const scores = (await Promise.all(asked)).map((ack) => ack.get('session', 'ip_score'));
  expect(scores).toEqual([1, 2, 3]);
  expect(engine.violations).toEqual([]);
});
