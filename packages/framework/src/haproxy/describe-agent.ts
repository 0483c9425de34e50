import type { Class } from '../class.ts';
import { controllersOf } from '../modules/controllers-of.ts';
import type { DynamicModule } from '../modules/metadata.ts';
import type { FailurePolicy } from '../pipeline/failure-policy.ts';
import { describeMessages } from './describe.ts';
import type { AgentDescription } from './description.ts';

/**
 * An application as HAProxy's side is made from it: its root module instead of its messages. `spoa config` and `spoa check` look
 * for one in `dist/agent.js` of the application, exported as `agent`.
 *
 * @example
 * export const agent: AgentDefinition = {
 *   engine: 'bot-check',
 *   module: AppModule,
 *   servers: [{ host: '127.0.0.1', port: 12345 }],
 * };
 */
export interface AgentDefinition extends Omit<AgentDescription, 'messages'> {
  readonly module: Class | DynamicModule;
  /** The application's own, for messages that do not say it themselves. */
  readonly failurePolicy?: FailurePolicy;
}

/**
 * What {@link generate} and {@link check} take, from the application's modules; nothing of it is made or started.
 *
 * @throws BootError (SPOA_BOOT_FAILED) with all mistakes of the modules' lists, or of the decorators, at once
 */
export async function describeAgent({
  module,
  failurePolicy = {},
  ...others
}: AgentDefinition): Promise<AgentDescription> {
  return { ...others, messages: describeMessages(await controllersOf(module), { failurePolicy }) };
}
