import { SpoaError } from '../errors.ts';
import { beginFrame, endFrame, FrameFlag, FrameType } from './frame.ts';
import { readItems, writeItem } from './kv-list.ts';
import { Reader } from './reader.ts';
import { uint32, type Value } from './typed-data.ts';
import { Writer } from './writer.ts';

/*
 * HAPROXY-HELLO (SPOP specification, section 3.2.4)     AGENT-HELLO (section 3.2.5)
 *   "supported-versions" STRING                           "version"        STRING
 *   "max-frame-size"     UINT32                           "max-frame-size" UINT32
 *   "capabilities"       STRING                           "capabilities"   STRING
 *   "healthcheck"        BOOLEAN  (optional)
 *   "engine-id"          STRING   (optional)
 */

/** What the two sides of a connection may offer each other. */
export type Capability = 'pipelining' | 'async' | 'fragmentation';

export interface HaproxyHello {
  /** For example `['2.0']`. */
  supportedVersions: string[];
  /** Bytes. */
  maxFrameSize: number;
  /** As announced, unknown ones included. */
  capabilities: string[];
  healthcheck?: boolean;
  /** Absent in health checks. */
  engineId?: string;
}

export interface AgentHello {
  version: string;
  /** Bytes. */
  maxFrameSize: number;
  capabilities: string[];
}

/**
 * Reads the payload of a HAPROXY-HELLO. Unknown items are skipped; of an item that comes twice the last counts.
 *
 * @throws SPOA_VERSION_MISSING, SPOA_MAX_FRAME_SIZE_MISSING, SPOA_CAPABILITIES_MISSING, SPOA_TYPE_INVALID,
 *   SPOA_MAX_FRAME_SIZE_INVALID (beyond 2^53: smaller ones are for the handshake to judge), and what the reader throws
 */
export function decodeHaproxyHello(payload: Uint8Array): HaproxyHello {
  let versions: string | undefined;
  let maxFrameSize: number | undefined;
  let capabilities: string | undefined;
  let healthcheck = false;
  let engineId: string | undefined;
  for (const [name, value] of readItems(new Reader(payload))) {
    if (name === 'supported-versions') versions = text(name, value);
    else if (name === 'max-frame-size') maxFrameSize = size(name, value);
    else if (name === 'capabilities') capabilities = text(name, value);
    else if (name === 'healthcheck') healthcheck = value === true;
    else if (name === 'engine-id') engineId = text(name, value);
  }
  if (versions === undefined) throw new SpoaError('SPOA_VERSION_MISSING', 'HAPROXY-HELLO has no supported-versions');
  if (maxFrameSize === undefined) throw noMaxFrameSize('HAPROXY-HELLO');
  if (capabilities === undefined) throw noCapabilities('HAPROXY-HELLO');
  return {
    supportedVersions: list(versions),
    maxFrameSize,
    capabilities: list(capabilities),
    ...(healthcheck && { healthcheck }),
    ...(engineId !== undefined && { engineId }),
  };
}

/** A whole HAPROXY-HELLO frame, items in HAProxy's own order. */
export function encodeHaproxyHello(hello: HaproxyHello): Buffer {
  const writer = new Writer(256);
  const start = beginFrame(writer, FrameType.HAPROXY_HELLO, FrameFlag.FIN, 0, 0);
  writeItem(writer, 'supported-versions', hello.supportedVersions.join(','));
  writeItem(writer, 'max-frame-size', uint32(hello.maxFrameSize));
  writeItem(writer, 'capabilities', hello.capabilities.join(','));
  if (hello.engineId !== undefined) writeItem(writer, 'engine-id', hello.engineId);
  if (hello.healthcheck === true) writeItem(writer, 'healthcheck', true);
  endFrame(writer, start);
  return writer.take();
}

/**
 * Reads the payload of an AGENT-HELLO.
 *
 * @throws as `decodeHaproxyHello`
 */
export function decodeAgentHello(payload: Uint8Array): AgentHello {
  let version: string | undefined;
  let maxFrameSize: number | undefined;
  let capabilities: string | undefined;
  for (const [name, value] of readItems(new Reader(payload))) {
    if (name === 'version') version = text(name, value).trim();
    else if (name === 'max-frame-size') maxFrameSize = size(name, value);
    else if (name === 'capabilities') capabilities = text(name, value);
  }
  if (version === undefined) throw new SpoaError('SPOA_VERSION_MISSING', 'AGENT-HELLO has no version');
  if (maxFrameSize === undefined) throw noMaxFrameSize('AGENT-HELLO');
  if (capabilities === undefined) throw noCapabilities('AGENT-HELLO');
  return { version, maxFrameSize, capabilities: list(capabilities) };
}

/** A whole AGENT-HELLO frame. Always the three items, in this order: some HAProxy versions insist on each of them. */
export function encodeAgentHello(hello: AgentHello): Buffer {
  const writer = new Writer(128);
  const start = beginFrame(writer, FrameType.AGENT_HELLO, FrameFlag.FIN, 0, 0);
  writeItem(writer, 'version', hello.version);
  writeItem(writer, 'max-frame-size', uint32(hello.maxFrameSize));
  writeItem(writer, 'capabilities', hello.capabilities.join(','));
  endFrame(writer, start);
  return writer.take();
}

function list(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function text(name: string, value: Value): string {
  if (typeof value === 'string') return value;
  throw new SpoaError('SPOA_TYPE_INVALID', `the item ${name} is not a STRING`, { facts: { item: name } });
}

function size(name: string, value: Value): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') {
    throw new SpoaError('SPOA_MAX_FRAME_SIZE_INVALID', `the peer announced a max-frame-size of ${value}`, {
      facts: { maxFrameSize: Number(value) },
    });
  }
  throw new SpoaError('SPOA_TYPE_INVALID', `the item ${name} is not an integer`, { facts: { item: name } });
}

function noMaxFrameSize(frame: string): SpoaError {
  return new SpoaError('SPOA_MAX_FRAME_SIZE_MISSING', `${frame} has no max-frame-size`);
}

function noCapabilities(frame: string): SpoaError {
  return new SpoaError('SPOA_CAPABILITIES_MISSING', `${frame} has no capabilities`);
}
