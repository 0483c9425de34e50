import { defineMessage, IpAddress } from '@spoa/framework';
import { expect, test } from 'vitest';
import { snapshotSerializer, Test } from '../../src/index.ts';

const everything = defineMessage({
  name: 'everything',
  vars: {
    ip: 'session',
    bytes: 'session',
    text: 'transaction',
    size: 'transaction',
    big: 'transaction',
    gone: 'request',
  },
  handle: () => ({
    ip: IpAddress.v6(0x20010db8, 0, 0, 1),
    bytes: Buffer.from('ab\0'),
    text: 'ä "quoted"',
    size: -1,
    big: 2n ** 60n,
    gone: null,
  }),
});

expect.addSnapshotSerializer(snapshotSerializer);

test('what is injected prints well', async () => {
  await using app = await Test.createTestingModule({ controllers: [everything] }).compile();
  expect(await app.inject(everything)).toMatchInlineSnapshot(`
    {
      "request": {
        "gone": null,
      },
      "session": {
        "bytes": <Buffer 61 62 00>,
        "ip": "2001:db8::1",
      },
      "transaction": {
        "big": 1152921504606846976n,
        "size": -1,
        "text": "ä "quoted"",
      },
    }
  `);
});
