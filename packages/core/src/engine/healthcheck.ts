import type { Duplex } from 'node:stream';
import { SpoaError } from '../errors.ts';
import { decodeFrame, FrameFlag, FrameType, LENGTH_BYTES } from '../wire/frame.ts';
import { type AgentHello, encodeHaproxyHello } from '../wire/hello.ts';
import { readAgentHello } from './agent-hello.ts';
import { disconnectedBy, fault, readDisconnect, SHORTEST_HEADER_BYTES } from './frame-rules.ts';
import { atLeast, HAPROXY_MAX_FRAME_SIZE, resolveTimeout } from './options.ts';
import { closeDuplex, type EngineTarget, openTarget } from './target.ts';

export interface HealthcheckOptions {
  /** For the connection and the answer together; 0: no limit. @default 5000 */
  timeoutMs?: number;
  /**
   * How long the agent is watched after its answer: it may close or be silent. HAProxy itself leaves at once.
   *
   * @default 100
   */
  lingerMs?: number;
}

export interface HealthcheckResult extends AgentHello {
  /** Whether the agent closed the connection by itself while it was watched. */
  closedByAgent: boolean;
}

/**
 * Checks an agent's health as `option spop-check` of HAProxy 3.1 and newer does, and judges the answer as they do: FLAGS is
 * exactly 1, version, max-frame-size and capabilities are there by these very names, and nothing follows.
 *
 * @throws SPOA_DISCONNECTED, SPOA_HELLO_TIMEOUT, SPOA_FRAME_UNEXPECTED (something follows, or the frame is no AGENT-HELLO),
 *   and what `connectEngine` throws for a HELLO that is refused
 */
export async function healthcheck(target: EngineTarget, options: HealthcheckOptions = {}): Promise<HealthcheckResult> {
  const timeoutMs = resolveTimeout('timeoutMs', options.timeoutMs);
  const lingerMs = atLeast(0, 'lingerMs', options.lingerMs ?? 100);
  const startedAt = performance.now();
  const duplex = await openTarget(target, timeoutMs);
  const left = timeoutMs === 0 ? 0 : Math.max(1, timeoutMs - Math.floor(performance.now() - startedAt));
  const watch = new Watch(duplex);
  try {
    duplex.write(
      encodeHaproxyHello({
        supportedVersions: ['2.0'],
        maxFrameSize: HAPROXY_MAX_FRAME_SIZE,
        capabilities: [],
        healthcheck: true,
      }),
    );
    const late = new SpoaError('SPOA_HELLO_TIMEOUT', `no answer to the health check within ${timeoutMs} ms`);
    await watch.until(() => isComplete(watch.received), left, late);
    const hello = judge(watch.received);
    const answered = watch.received.length;
    await watch.until(() => watch.received.length > answered, lingerMs);
    if (watch.received.length > answered) throw somethingFollows(watch.received.length - answered);
    return { ...hello, closedByAgent: watch.ended };
  } finally {
    closeDuplex(duplex, true);
  }
}

/** What comes in on a connection, and whether it has ended. */
class Watch {
  received: Buffer = Buffer.alloc(0);
  ended = false;
  #changed: () => void = () => undefined;

  constructor(duplex: Duplex) {
    const end = () => {
      this.ended = true;
      this.#changed();
    };
    duplex.on('data', (chunk: Uint8Array) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#changed();
    });
    duplex.on('end', end);
    duplex.on('close', end);
    // A reset ends a health check like any other close.
    duplex.on('error', end);
  }

  /** Waits until `done`, the end of the connection, or the end of time: then rejects with `late`, if there is one. */
  until(done: () => boolean, timeoutMs: number, late?: SpoaError): Promise<void> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      this.#changed = () => {
        if (!done() && !this.ended) return;
        clearTimeout(timer);
        resolve();
      };
      if (timeoutMs > 0 || late === undefined) {
        timer = setTimeout(() => (late === undefined ? resolve() : reject(late)), timeoutMs);
      }
      this.#changed();
    });
  }
}

/** Whether HAProxy would begin to judge; it waits for a whole frame only. A length that no frame may have is judged at once. */
function isComplete(received: Buffer): boolean {
  if (received.length < SHORTEST_HEADER_BYTES) return false;
  const length = received.readUInt32BE(0);
  return length > HAPROXY_MAX_FRAME_SIZE || received.length >= LENGTH_BYTES + length;
}

function judge(received: Buffer): AgentHello {
  if (!isComplete(received)) {
    const code = received.length === 0 ? 'SPOA_DISCONNECTED' : 'SPOA_TRUNCATED';
    throw new SpoaError(code, 'the agent closed the connection before its HELLO');
  }
  const type = received[LENGTH_BYTES];
  if (type !== FrameType.AGENT_HELLO && type !== FrameType.AGENT_DISCONNECT) {
    const known = (Object.values(FrameType) as unknown[]).includes(type);
    const code = known ? 'SPOA_FRAME_UNEXPECTED' : 'SPOA_NOT_SPOP';
    throw new SpoaError(code, `the health check was answered by a frame of type ${type}`, { facts: { type } });
  }
  const length = received.readUInt32BE(0);
  if (length > HAPROXY_MAX_FRAME_SIZE) {
    throw new SpoaError('SPOA_FRAME_TOO_BIG', `a frame of length ${length}: ${HAPROXY_MAX_FRAME_SIZE} at most`, {
      facts: { type, length, maxFrameSize: HAPROXY_MAX_FRAME_SIZE },
    });
  }
  const frame = decodeFrame(received.subarray(0, LENGTH_BYTES + length));
  if (frame.flags !== FrameFlag.FIN || frame.streamId !== 0 || frame.frameId !== 0) {
    throw fault('SPOA_FRAME_INVALID', frame, 'AGENT-HELLO has FLAGS 1 and the ids 0');
  }
  if (type === FrameType.AGENT_DISCONNECT) {
    const disconnect = readDisconnect(frame, frame.payload);
    throw disconnect instanceof SpoaError ? disconnect : disconnectedBy(disconnect);
  }
  const hello = readAgentHello(frame.payload, { maxFrameSize: HAPROXY_MAX_FRAME_SIZE, names: 'exact', lenient: false });
  const extra = received.length - LENGTH_BYTES - length;
  if (extra > 0) throw somethingFollows(extra);
  return hello;
}

function somethingFollows(bytes: number): SpoaError {
  return new SpoaError(
    'SPOA_FRAME_UNEXPECTED',
    `${bytes} bytes behind AGENT-HELLO make HAProxy fail the health check`,
    {
      facts: { bytes },
    },
  );
}
