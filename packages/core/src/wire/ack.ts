import { SpoaError } from '../errors.ts';
import { beginFrame, endFrame, FrameFlag, FrameType } from './frame.ts';
import { Reader } from './reader.ts';
import { readText, readTypedData, type Value, type WritableValue, writeText, writeTypedData } from './typed-data.ts';
import { Writer } from './writer.ts';

/*
 * ACK (SPOP specification, sections 3.2.7 and 3.4): LIST-OF-ACTIONS to the end of the frame
 *
 *   set-var   : <1 : 1 byte> <3 : 1 byte> <SCOPE : 1 byte> <NAME : STRING> <VALUE : TYPED-DATA>
 *   unset-var : <2 : 1 byte> <2 : 1 byte> <SCOPE : 1 byte> <NAME : STRING>
 */
export const ActionType = { SET_VAR: 1, UNSET_VAR: 2 } as const;

/** The scopes of a variable, by the names of the specification; HAProxy's rules call them proc, sess, txn, req and res. */
export const Scope = { process: 0, session: 1, transaction: 2, request: 3, response: 4 } as const;

export type Scope = keyof typeof Scope;

/** The scope names by number. */
export const SCOPES = Object.freeze(Object.keys(Scope) as Scope[]);

/** What HAProxy's rules put before the name of a variable of each scope. */
export const SCOPE_PREFIXES = {
  process: 'proc',
  session: 'sess',
  transaction: 'txn',
  request: 'req',
  response: 'res',
} as const satisfies Record<Scope, string>;

export type Action =
  | { type: 'set-var'; scope: Scope; name: string; value: Value }
  | { type: 'unset-var'; scope: Scope; name: string };

export type WritableAction =
  | { type: 'set-var'; scope: Scope; name: string; value: WritableValue }
  | { type: 'unset-var'; scope: Scope; name: string };

/** HAProxy's buffer for `scope.prefix.name`, without its NUL. */
const MAX_FULL_NAME = 63;

/** The set-vars that programs write, by name, up to their values. Most names have one scope; in others they are written anew. */
const prefixes = new Map<string, { scope: Scope; bytes: Buffer }>();
const MAX_KEPT_PREFIXES = 4096;

/** @throws SPOA_NAME_INVALID, SPOA_VALUE_INVALID, SPOA_VALUE_OUT_OF_RANGE, SPOA_ACK_TOO_BIG */
export function writeSetVar(writer: Writer, scope: Scope, name: string, value: WritableValue): void {
  const kept = prefixes.get(name);
  if (kept !== undefined && kept.scope === scope) writer.raw(kept.bytes);
  else {
    writeAction(writer, ActionType.SET_VAR, scope, name);
    if (kept === undefined && prefixes.size < MAX_KEPT_PREFIXES) {
      prefixes.set(name, { scope, bytes: encodeSetVarPrefix(scope, name) });
    }
  }
  writeTypedData(writer, value);
}

/** @throws SPOA_NAME_INVALID, SPOA_ACK_TOO_BIG */
export function writeUnsetVar(writer: Writer, scope: Scope, name: string): void {
  writeAction(writer, ActionType.UNSET_VAR, scope, name);
}

function writeAction(writer: Writer, type: 1 | 2, scope: Scope, name: string): void {
  checkVariableName(scope, name);
  writer.reserve(3);
  const { bytes, offset } = writer;
  bytes[offset] = type;
  bytes[offset + 1] = type === ActionType.SET_VAR ? 3 : 2;
  bytes[offset + 2] = Scope[scope];
  writer.offset = offset + 3;
  writeText(writer, name);
}

/** The bytes of a set-var up to its value: what is the same in every ACK of a message. @throws SPOA_NAME_INVALID */
export function encodeSetVarPrefix(scope: Scope, name: string): Buffer {
  const writer = new Writer(64);
  writeAction(writer, ActionType.SET_VAR, scope, name);
  return writer.take();
}

/** The bytes of an unset-var. @throws SPOA_NAME_INVALID */
export function encodeUnsetVar(scope: Scope, name: string): Buffer {
  const writer = new Writer(64);
  writeUnsetVar(writer, scope, name);
  return writer.take();
}

/**
 * HAProxy silently ignores a variable whose name has other characters than letters, digits, `_` and `.`, and older ones cut a
 * name that is too long, so either is an error here.
 *
 * @throws SPOA_NAME_INVALID
 */
export function checkVariableName(scope: Scope, name: string): void {
  if (typeof Scope[scope] !== 'number') {
    throw new SpoaError('SPOA_NAME_INVALID', `there is no scope ${String(scope)}: use one of ${SCOPES.join(', ')}`);
  }
  // The shortest full name: scope, dot, a prefix of one character, dot, name.
  const longest = MAX_FULL_NAME - SCOPE_PREFIXES[scope].length - 3;
  let valid = name.length > 0 && name.length <= longest;
  for (let i = 0; valid && i < name.length; i++) valid = isNameCode(name.charCodeAt(i));
  if (!valid) {
    const shown = JSON.stringify(name.slice(0, MAX_FULL_NAME + 1));
    throw new SpoaError(
      'SPOA_NAME_INVALID',
      `HAProxy refuses the variable name ${shown}: 1 to ${longest} of A-Z a-z 0-9 _ .`,
    );
  }
}

function isNameCode(code: number): boolean {
  return (
    (code >= 97 && code <= 122) ||
    (code >= 65 && code <= 90) ||
    (code >= 46 && code <= 57 && code !== 47) ||
    code === 95
  );
}

/** A whole ACK frame. */
export function encodeAck(ids: { streamId: number; frameId: number }, actions: Iterable<WritableAction>): Buffer {
  const writer = new Writer(128);
  const start = beginFrame(writer, FrameType.ACK, FrameFlag.FIN, ids.streamId, ids.frameId);
  for (const action of actions) {
    if (action.type === 'set-var') writeSetVar(writer, action.scope, action.name, action.value);
    else writeUnsetVar(writer, action.scope, action.name);
  }
  endFrame(writer, start);
  return writer.take();
}

/**
 * The actions of an ACK's payload, in order.
 *
 * @throws SPOA_FRAME_INVALID (an unknown action, scope or number of arguments), and what the reader throws
 */
export function decodeActions(payload: Uint8Array): Action[] {
  const reader = new Reader(payload);
  const actions: Action[] = [];
  while (reader.remaining > 0) {
    const type = reader.u8();
    const args = reader.u8();
    const scope = SCOPES[reader.u8()];
    if (scope === undefined) throw new SpoaError('SPOA_FRAME_INVALID', 'an action with an unknown scope');
    if (type === ActionType.SET_VAR && args === 3) {
      actions.push({ type: 'set-var', scope, name: readText(reader), value: readTypedData(reader) });
    } else if (type === ActionType.UNSET_VAR && args === 2) {
      actions.push({ type: 'unset-var', scope, name: readText(reader) });
    } else {
      throw new SpoaError('SPOA_FRAME_INVALID', `action ${type} with ${args} arguments is unknown`);
    }
  }
  return actions;
}
