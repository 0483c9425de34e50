import { Injectable, Module } from '@spoa/framework';
import { ConfigModule, ConfigService } from '@spoa/framework/config';
import { z } from 'zod';

const settings = z.object({
  port: z.coerce.number().int().default(9000),
  database: z.object({
    url: z.url(),
    maxPool: z.coerce.number().int().positive().default(5),
  }),
});

export type Settings = z.infer<typeof settings>;

@Injectable()
export class ReputationService {
  readonly #url: string;

  constructor(config: ConfigService<Settings>) {
    this.#url = config.get('database.url');
  }

  get host(): string {
    return new URL(this.#url).host;
  }
}

@Module({
  imports: [ConfigModule.forRoot({ schema: settings, envPrefix: 'AGENT_', argv: process.argv.slice(2) })],
  providers: [ReputationService],
})
export class AppModule {}
