import { IpAddress } from '@spoa/framework';
import { Test, type TestingApplication } from '@spoa/testing';
import { expect, test } from 'vitest';
import { AppModule } from '../src/app.module.ts';
import { Database } from '../src/database/database.ts';
import { IpReputationController } from '../src/ip-reputation.controller.ts';
import { type Reputation, ReputationService } from '../src/service/reputation-service.ts';

/** The application without a database: this answers instead of the table. */
function applicationWith(lookup: (ip: IpAddress) => Reputation): Promise<TestingApplication> {
  return Test.createTestingModule(AppModule)
    .overrideProvider(Database)
    .useValue({})
    .overrideProvider(ReputationService)
    .useValue({ lookup })
    .compile();
}

test('the score always, list and reason where there are any', async () => {
  await using app = await applicationWith((ip) => ({ score: 20, list: `of ${ip}`, reason: undefined }));
  expect(await app.inject(IpReputationController, { ip: '192.0.2.1' })).toEqual({
    session: { ip_score: 20 },
    transaction: { ip_list: 'of 192.0.2.1', ip_reason: null },
  });
});

test('without an address nothing is known, and nothing that was known before stays', async () => {
  await using app = await applicationWith(() => ({ score: 20, list: 'a', reason: 'b' }));
  const nothing = { session: { ip_score: null }, transaction: { ip_list: null, ip_reason: null } };
  expect(await app.inject(IpReputationController, { ip: null })).toEqual(nothing);
  expect(await app.inject(IpReputationController)).toEqual(nothing);
  expect(app.failures).toEqual([]);
});

test('whatever fails unsets all, and says why', async () => {
  await using app = await applicationWith(() => {
    throw new RangeError('broken');
  });
  const failedBecauseOf = (reason: string) => ({
    session: { ip_score: null },
    transaction: { ip_list: null, ip_reason: null, ip_error: reason },
  });
  expect(await app.inject(IpReputationController, { ip: '192.0.2.1' })).toEqual(failedBecauseOf('error'));
  expect(await app.inject('get-ip-reputation', [['ip', 'example.com']])).toEqual(failedBecauseOf('SPOA_ARGUMENT_TYPE'));
});
