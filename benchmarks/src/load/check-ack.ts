import { DataType, decodeActions, encodeSetVarPrefix, FrameFlag, FrameType } from '@spoa/core';
import { readNumber, STREAM_ID_BYTES } from './notify-batch.ts';

/** What can be wrong with what an agent sends, or with its sending nothing. */
export const FAULTS = ['hello', 'closed', 'disconnect', 'protocol', 'unmatched', 'action', 'lost'] as const;

export type Fault = (typeof FAULTS)[number];

/** Type and flags. */
const HEAD_BYTES = 5;
/** Behind the stream-id and the frame-id, which is 1. */
const ACTIONS_AT = HEAD_BYTES + STREAM_ID_BYTES + 1;
const EXPECTED = encodeSetVarPrefix('session', 'ip_score');

/** The number of the NOTIFY that the frame from `start` (its type) to `end` answers, or what is wrong with it. */
export function ackedNumber(bytes: Buffer, start: number, end: number): number | Fault {
  if (bytes[start] === FrameType.AGENT_DISCONNECT) return 'disconnect';
  if (bytes[start] !== FrameType.ACK || bytes.readUInt32BE(start + 1) !== FrameFlag.FIN) return 'protocol';
  if (end - start < ACTIONS_AT) return 'unmatched';
  const number = readNumber(bytes, start + HEAD_BYTES);
  if (number < 0 || bytes[start + ACTIONS_AT - 1] !== 1) return 'unmatched';
  return number;
}

/** Whether the ACK sets `ip_score` in the session scope to an integer. */
export function setsScore(bytes: Buffer, start: number, end: number): boolean {
  const actions = start + ACTIONS_AT;
  return isOneSetVar(bytes, actions, end) || isAmong(bytes.subarray(actions, end));
}

/** The usual: this action alone, with an integer of one byte. */
function isOneSetVar(bytes: Buffer, at: number, end: number): boolean {
  if (end - at !== EXPECTED.length + 2) return false;
  for (let i = 0; i < EXPECTED.length; i++) if (bytes[at + i] !== EXPECTED[i]) return false;
  const type = bytes[end - 2] as number;
  return type >= DataType.INT32 && type <= DataType.UINT64 && (bytes[end - 1] as number) < 240;
}

function isAmong(actions: Buffer): boolean {
  try {
    return decodeActions(actions).some(
      (action) =>
        action.type === 'set-var' &&
        action.scope === 'session' &&
        action.name === 'ip_score' &&
        (typeof action.value === 'number' || typeof action.value === 'bigint'),
    );
  } catch {
    return false;
  }
}
