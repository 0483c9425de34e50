import { Test } from '@spoa/testing';
import { AppModule, ReputationController, ReputationService } from './nest-application.ts';

export async function scoreOfTheTest() {
  await using app = await Test.createTestingModule(AppModule)
    .overrideProvider(ReputationService)
    .useValue({ score: () => 7 })
    .compile();
  return await app.inject(ReputationController, { ip: '192.0.2.1' });
}
