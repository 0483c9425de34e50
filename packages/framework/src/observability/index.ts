export type { AdminServerOptions } from '../admin/admin-server.ts';
export { Observability, type ObservabilityOptions } from './observability.ts';
export type { TracingOptions } from './tracing.ts';
