import { SpoaError } from '../errors.ts';
import { MIN_FRAME_SIZE } from '../wire/frame.ts';
import type { AgentHello } from '../wire/hello.ts';
import { readItems } from '../wire/kv-list.ts';
import { Reader } from '../wire/reader.ts';
import type { Value } from '../wire/typed-data.ts';

export interface HelloRules {
  /** What was announced, in bytes: the agent must not answer more. */
  maxFrameSize: number;
  /**
   * HAProxy takes every item whose name begins with the one that it looks for, except in its health check: an agent that
   * invents `versions-foo` is refused for its version.
   */
  names: 'exact' | 'prefix';
  /** Whether max-frame-size and capabilities may be missing, as HAProxy 3.1 and newer bear outside health checks. */
  lenient: boolean;
}

/**
 * Reads the payload of an AGENT-HELLO as HAProxy does: each occurrence of an item is checked, the last one counts, and
 * capabilities add up.
 *
 * @throws SPOA_VERSION_MISSING, SPOA_VERSION_UNSUPPORTED, SPOA_MAX_FRAME_SIZE_MISSING, SPOA_MAX_FRAME_SIZE_INVALID,
 *   SPOA_CAPABILITIES_MISSING, SPOA_FRAME_INVALID (an item without a name, a version that is none), SPOA_TYPE_INVALID, and
 *   what the reader throws
 */
export function readAgentHello(payload: Uint8Array, rules: HelloRules): AgentHello {
  const is = (name: string, wanted: string) => (rules.names === 'exact' ? name === wanted : name.startsWith(wanted));
  let version: string | undefined;
  let maxFrameSize: number | undefined;
  let capabilities: string[] | undefined;
  for (const [name, value] of readItems(new Reader(payload))) {
    if (name === '') throw new SpoaError('SPOA_FRAME_INVALID', 'AGENT-HELLO has an item without a name');
    if (is(name, 'version')) version = readVersion(name, value);
    else if (is(name, 'max-frame-size')) maxFrameSize = readSize(name, value, rules.maxFrameSize);
    else if (is(name, 'capabilities')) capabilities = [...(capabilities ?? []), ...readList(name, value)];
  }
  if (version === undefined) throw new SpoaError('SPOA_VERSION_MISSING', 'AGENT-HELLO has no version');
  if (maxFrameSize === undefined && !rules.lenient) {
    throw new SpoaError('SPOA_MAX_FRAME_SIZE_MISSING', 'AGENT-HELLO has no max-frame-size');
  }
  if (capabilities === undefined && !rules.lenient) {
    throw new SpoaError('SPOA_CAPABILITIES_MISSING', 'AGENT-HELLO has no capabilities');
  }
  return { version, maxFrameSize: maxFrameSize ?? rules.maxFrameSize, capabilities: capabilities ?? [] };
}

function readVersion(name: string, value: Value): string {
  const version = readText(name, value).trim();
  const numbers = /^(\d+)\.(\d+)$/.exec(version);
  if (numbers === null) {
    throw new SpoaError('SPOA_FRAME_INVALID', `AGENT-HELLO has ${JSON.stringify(version)} for its ${name}: no version`);
  }
  if (Number(numbers[1]) !== 2 || Number(numbers[2]) !== 0) {
    throw new SpoaError('SPOA_VERSION_UNSUPPORTED', `the agent speaks version ${version}, HAProxy 2.0`, {
      facts: { item: name, version },
    });
  }
  return version;
}

function readSize(name: string, value: Value, highest: number): number {
  if (typeof value !== 'number' && typeof value !== 'bigint') throw wrongType(name, 'an integer');
  if (value < MIN_FRAME_SIZE || value > highest) {
    throw new SpoaError(
      'SPOA_MAX_FRAME_SIZE_INVALID',
      `AGENT-HELLO has a ${name} of ${value}: ${MIN_FRAME_SIZE} to ${highest}`,
      { facts: { item: name, maxFrameSize: Number(value), announced: highest } },
    );
  }
  return Number(value);
}

function readList(name: string, value: Value): string[] {
  return readText(name, value)
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function readText(name: string, value: Value): string {
  if (typeof value === 'string') return value;
  throw wrongType(name, 'a STRING');
}

function wrongType(name: string, wanted: string): SpoaError {
  return new SpoaError('SPOA_TYPE_INVALID', `the item ${name} of AGENT-HELLO is not ${wanted}`, {
    facts: { item: name },
  });
}
