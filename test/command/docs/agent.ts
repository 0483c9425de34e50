import type { AgentDefinition } from '@spoa/framework/haproxy';
import { AppModule } from './app.module.ts';

export const agent: AgentDefinition = {
  engine: 'bot-check',
  module: AppModule,
  servers: [{ host: '127.0.0.1', port: 12345 }],
};
