import { SpoaApplication } from '@spoa/framework';
import { AppModule } from './modules-application.ts';
import { Database } from './modules-database.ts';

/** The application, with a database that knows one score. */
export function applicationWithScore(score: number): Promise<SpoaApplication> {
  const database = { score: async () => score };
  return SpoaApplication.create(AppModule, {
    logger: false,
    overrides: [
      { provide: 'DATABASE_URL', useValue: 'none' },
      { provide: Database, useValue: database },
    ],
  });
}
