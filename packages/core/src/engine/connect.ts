import { Engine } from './engine.ts';
import { Handshake } from './handshake.ts';
import { type EngineOptions, resolveOptions } from './options.ts';
import { type EngineTarget, openTarget } from './target.ts';

/**
 * Connects to an agent as HAProxy does and resolves when both have said HELLO. A duplex belongs to the engine from then on.
 *
 * What the agent answers is judged as HAProxy judges it: version 2.0, a max-frame-size of 256 to what was announced, one frame
 * with FIN and the ids 0 that comes in one piece. The connection is closed when this rejects.
 *
 * @throws SPOA_DISCONNECTED (it cannot be reached, closes, or says AGENT-DISCONNECT: then with `statusCode` and `message` in
 *   `facts`), SPOA_HELLO_TIMEOUT, SPOA_NOT_SPOP, SPOA_VALUE_OUT_OF_RANGE (an option), and for a HELLO that HAProxy refuses
 *   SPOA_VERSION_MISSING, SPOA_VERSION_UNSUPPORTED, SPOA_MAX_FRAME_SIZE_MISSING, SPOA_MAX_FRAME_SIZE_INVALID,
 *   SPOA_CAPABILITIES_MISSING, SPOA_FRAME_INVALID, SPOA_FRAME_TOO_BIG, SPOA_FRAME_UNEXPECTED, SPOA_TYPE_INVALID,
 *   SPOA_TRUNCATED or SPOA_VARINT_INVALID
 *
 * @example
 * const engine = await connectEngine({ path: '/run/agent.sock' }, { capabilities: ['pipelining', 'async'] });
 */
export async function connectEngine(target: EngineTarget, options: EngineOptions = {}): Promise<Engine> {
  const settings = resolveOptions(options);
  const { helloTimeoutMs } = settings;
  const startedAt = performance.now();
  const duplex = await openTarget(target, helloTimeoutMs);
  const left = helloTimeoutMs === 0 ? 0 : Math.max(1, helloTimeoutMs - Math.floor(performance.now() - startedAt));
  return new Promise((resolve, reject) => {
    new Handshake(duplex, settings, left, (hello, link) => resolve(new Engine(link, settings, hello)), reject);
  });
}
