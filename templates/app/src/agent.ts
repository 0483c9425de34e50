import type { AgentDefinition } from '@spoa/framework/haproxy';
import { AppModule } from './app.module.ts';
import { DEFAULT_PORT } from './config.ts';

/**
 * What HAProxy must know. `spoa config app-name` makes HAProxy's configuration from it, `spoa check app-name` compares
 * the one that there is with it.
 */
export const agent: AgentDefinition = {
  engine: 'app-name',
  module: AppModule,
  // A line for each process of the agent.
  servers: [{ host: '127.0.0.1', port: DEFAULT_PORT }],
};
