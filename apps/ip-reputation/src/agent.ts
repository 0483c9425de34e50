import type { AgentDefinition } from '@spoa/framework/haproxy';
import { AppModule } from './app.module.ts';
import { DEFAULT_PORT } from './settings.ts';

/** What HAProxy must know: `spoa config ip-reputation` makes its side from this, `spoa check ip-reputation` compares one with it. */
export const agent: AgentDefinition = {
  engine: 'ip-reputation',
  module: AppModule,
  servers: [{ host: '127.0.0.1', port: DEFAULT_PORT }],
  variablePrefix: 'iprep',
};
