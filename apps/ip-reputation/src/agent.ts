import type { AgentDefinition } from '@spoa/framework/haproxy';
import { AppModule } from './app.module.ts';

/** What HAProxy's side is made from, and checked against. */
export const agent: AgentDefinition = {
  engine: 'ip-reputation',
  module: AppModule,
  servers: [{ host: '127.0.0.1', port: 12345 }],
  variablePrefix: 'iprep',
};
