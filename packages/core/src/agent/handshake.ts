import { SpoaError } from '../errors.ts';
import { MIN_FRAME_SIZE } from '../wire/frame.ts';
import type { AgentHello, Capability, HaproxyHello } from '../wire/hello.ts';

/** What both sides of a connection have agreed on. */
export interface Agreement {
  /** Our answer. */
  hello: AgentHello;
  /** Bytes; holds both ways. */
  maxFrameSize: number;
  /** What HAProxy may send all the same: 3.1.0 to 3.1.6 ignore an answer that is smaller than what they announced. */
  maxReceivedFrameSize: number;
  engineId: string | undefined;
  /** HAProxy asks for this HELLO and nothing else. */
  healthcheck: boolean;
  fragmentation: boolean;
  /**
   * The peer multiplexes (HAProxy 3.1 and newer) and stalls when its buffer fills up: what it has not read must stay below
   * this many bytes. `undefined` for the older era, which has no such fault.
   */
  readBufferSize: number | undefined;
}

/** LENGTH is not counted in max-frame-size, but lies in HAProxy's buffer. */
const FRAME_OVERHEAD = 4;

/** A smaller size was announced by configuration (`max-frame-size`), for no HAProxy could hold a request in less, in bytes. */
const LEAST_READ_BUFFER = 4096;

/**
 * Answers a HAPROXY-HELLO (SPOP specification, section 3.2.5): version 2.0, the smaller frame size, and the capabilities
 * that both have. The eras of HAProxy are told apart by `async`, which 3.1 no longer announces. The old one is also the one
 * that sends fragments, though it never says so (haproxy/haproxy#659), and without our word for it repeats an oversized
 * NOTIFY on ever new connections: so `fragmentation` answers `async`.
 *
 * @param pipelining whether a peer that multiplexes may be offered pipelining; the older era always is
 * @throws SPOA_VERSION_UNSUPPORTED, SPOA_MAX_FRAME_SIZE_INVALID
 */
export function agree(hello: HaproxyHello, ownMaxFrameSize: number, pipelining = true): Agreement {
  if (!hello.supportedVersions.some(includesVersion2)) {
    // A stranger's text is cut and quoted before it goes into a log or back on the wire.
    const versions = JSON.stringify(hello.supportedVersions.join(', ').slice(0, 64));
    throw new SpoaError('SPOA_VERSION_UNSUPPORTED', `the peer speaks version ${versions}, this agent 2.0`);
  }
  const announced = hello.maxFrameSize;
  if (announced < MIN_FRAME_SIZE || announced > 0xffff_ffff) {
    throw new SpoaError('SPOA_MAX_FRAME_SIZE_INVALID', `the peer announced a max-frame-size of ${announced}`);
  }
  const maxFrameSize = Math.min(announced, ownMaxFrameSize);
  const multiplexer = !hello.capabilities.includes('async');
  const healthcheck = hello.healthcheck === true;
  const capabilities: Capability[] = [];
  if (hello.capabilities.includes('pipelining') && (pipelining || !multiplexer)) capabilities.push('pipelining');
  if (!multiplexer) capabilities.push('fragmentation');
  return {
    hello: { version: '2.0', maxFrameSize, capabilities },
    maxFrameSize,
    maxReceivedFrameSize: Math.max(maxFrameSize, Math.min(announced, RECEIVED_REGARDLESS)),
    engineId: hello.engineId,
    healthcheck,
    fragmentation: !multiplexer,
    readBufferSize: multiplexer ? Math.max(announced + FRAME_OVERHEAD, LEAST_READ_BUFFER) : undefined,
  };
}

/** Frames up to this size are taken from a peer that announced it, whatever we answered, in bytes. */
const RECEIVED_REGARDLESS = 1024 * 1024;

/** `major.minor`: a major version stands for its earlier minors too. */
function includesVersion2(version: string): boolean {
  return /^2\.\d+$/.test(version);
}
