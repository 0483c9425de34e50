import type { Parameter } from '../arguments/parameter.ts';
import type { SpoeMessageMetadata } from '../decorators/spoe-message.ts';
import type { CompiledPolicy } from '../pipeline/failure-policy.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { ResultWriter } from '../variables/write.ts';

/** One message and all that is known about its handler: what both forms, class and function, come to before they are compiled. */
export interface MessageDefinition {
  readonly message: SpoeMessageMetadata;
  /** Where it is written, for errors and logs: `IpController.handle`. */
  readonly where: string;
  readonly parameters: readonly Parameter[];
  /** Gets a value for each parameter. Returns the result, or a promise of it. */
  readonly handle: (...values: never[]) => unknown;
  readonly writeResult: ResultWriter;
  /** What HAProxy gets where the message fails. @default nothing, and no deadline */
  readonly policy?: CompiledPolicy;
  /** What stands around the handler. @default nothing */
  readonly pipeline?: Pipeline | undefined;
}
