import { SpoaError } from '../errors.ts';
import type { Capability, HaproxyHello } from '../wire/hello.ts';

/** What HAProxy announces with its defaults (`tune.bufsize` less four), in bytes. */
export const HAPROXY_MAX_FRAME_SIZE = 16380;

/** What HAProxy keeps in flight on one connection where both sides pipeline. */
const HAPROXY_WINDOW = 20;

const TIMEOUT_MS = 5000;

/** How an engine introduces itself and behaves. The defaults are HAProxy's own. */
export interface EngineOptions {
  /**
   * What is announced. HAProxy 3.1 and newer say `pipelining`, 2.1 to 3.0 `pipelining, async`, all of them nothing where it
   * is switched off.
   *
   * @default ['pipelining']
   */
  capabilities?: readonly (Capability | (string & {}))[];
  /** Announced, in bytes; the agent may answer less. Not checked here, so that an agent can be tested with any. @default 16380 */
  maxFrameSize?: number;
  /** `null` leaves it out. @default a random UUID */
  engineId?: string | null;
  /** @default ['2.0'] */
  supportedVersions?: readonly string[];
  /** NOTIFYs in flight, 1 or more; 1 is used where pipelining was not agreed on. @default 20 */
  window?: number;
  /**
   * Whether a NOTIFY that is too big for a frame travels in fragments, if the agent announces `fragmentation`.
   *
   * @default true where `capabilities` include `async`: the era of HAProxy that did so
   */
  fragment?: boolean;
  /** For each answer, from the call of `notify` on; 0: no limit. @default 5000 */
  timeoutMs?: number;
  /** For the connection and AGENT-HELLO together; 0: no limit. @default 5000 */
  helloTimeoutMs?: number;
  /**
   * Whether a fault of the agent's ends the connection, as in HAProxy. Without it faults are only listed in `violations`,
   * and an AGENT-HELLO may come in pieces and lack what HAProxy can do without.
   *
   * @default true
   */
  strict?: boolean;
}

/** Options, complete. */
export interface EngineSettings {
  readonly hello: HaproxyHello;
  readonly window: number;
  readonly fragment: boolean;
  readonly timeoutMs: number;
  readonly helloTimeoutMs: number;
  readonly strict: boolean;
}

/** @throws SPOA_VALUE_OUT_OF_RANGE naming the option and its range */
export function resolveOptions(options: EngineOptions): EngineSettings {
  const { engineId = crypto.randomUUID(), capabilities = ['pipelining'], supportedVersions = ['2.0'] } = options;
  return {
    hello: {
      supportedVersions: [...supportedVersions],
      maxFrameSize: atLeast(0, 'maxFrameSize', options.maxFrameSize ?? HAPROXY_MAX_FRAME_SIZE),
      capabilities: [...capabilities],
      ...(engineId !== null && { engineId }),
    },
    window: atLeast(1, 'window', options.window ?? HAPROXY_WINDOW),
    fragment: options.fragment ?? capabilities.includes('async'),
    timeoutMs: resolveTimeout('timeoutMs', options.timeoutMs),
    helloTimeoutMs: resolveTimeout('helloTimeoutMs', options.helloTimeoutMs),
    strict: options.strict ?? true,
  };
}

/** @throws SPOA_VALUE_OUT_OF_RANGE */
export function resolveTimeout(name: string, value = TIMEOUT_MS): number {
  return atLeast(0, name, value);
}

/** @throws SPOA_VALUE_OUT_OF_RANGE */
export function atLeast(lowest: number, name: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= lowest) return value;
  throw new SpoaError('SPOA_VALUE_OUT_OF_RANGE', `${name} is an integer from ${lowest} on, not ${value}`);
}
