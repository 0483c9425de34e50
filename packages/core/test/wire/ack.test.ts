import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Action,
  decodeActions,
  decodeFrame,
  encodeAck,
  encodeSetVarPrefix,
  encodeTypedData,
  encodeUnsetVar,
  SCOPE_PREFIXES,
  SCOPES,
  type Scope,
  type WritableAction,
  type WritableValue,
} from '../../src/index.ts';
import { ids, writtenActions } from './arbitraries.ts';
import { expectSpoaError } from './expect-spoa-error.ts';

const id = { streamId: 1, frameId: 1 };
const setVar = (name: string, value: WritableValue, scope: Scope = 'transaction'): WritableAction => {
  return { type: 'set-var', scope, name, value };
};

describe('actions', () => {
  test('the parts that are the same in every ACK are those of the whole', () => {
    const prefix = encodeSetVarPrefix('session', 'ip_score');
    const whole = decodeFrame(encodeAck(id, [setVar('ip_score', 42, 'session')])).payload;
    expect(Buffer.concat([prefix, encodeTypedData(42)])).toEqual(whole);
    const unset = decodeFrame(encodeAck(id, [{ type: 'unset-var', scope: 'session', name: 'ip_score' }])).payload;
    expect(encodeUnsetVar('session', 'ip_score')).toEqual(unset);
  });

  test('a name is set in any scope, and in none that there is not, however often it was set before', () => {
    const set = SCOPES.flatMap((scope) => [setVar('everywhere', 1, scope), setVar('everywhere', 2, scope)]);
    expect(decodeActions(decodeFrame(encodeAck(id, set)).payload)).toEqual(set);
    for (const scope of ['txn', '__proto__', 'toString', undefined] as unknown as Scope[]) {
      for (const name of ['everywhere', 'nowhere']) {
        expectSpoaError('SPOA_NAME_INVALID', () => encodeAck(id, [{ type: 'set-var', scope, name, value: 1 }]));
      }
    }
  });

  test('unset-var has two arguments and no value: one byte more and HAProxy stops reading there', () => {
    expect(encodeUnsetVar('transaction', 'a').toString('hex')).toBe('0202020161');
  });

  test('SCOPES, SCOPE_PREFIXES and the wire agree', () => {
    expect(SCOPES.map((scope) => SCOPE_PREFIXES[scope])).toEqual(['proc', 'sess', 'txn', 'req', 'res']);
    expect(SCOPES.map((scope) => encodeUnsetVar(scope, 'a')[2])).toEqual([0, 1, 2, 3, 4]);
  });

  test('what is written is read back', () => {
    fc.assert(
      fc.property(ids(), writtenActions(), (both, written) => {
        const frame = decodeFrame(
          encodeAck(
            both,
            written.map(({ action }) => action),
          ),
        );
        expect(frame).toMatchObject({ type: 103, flags: 1, ...both });
        const expected = written.map(({ action, read }): Action => {
          return action.type === 'set-var' ? { ...action, value: read ?? null } : action;
        });
        expect(decodeActions(frame.payload)).toEqual(expected);
      }),
    );
  });
});

describe('a list of actions that breaks the rules', () => {
  test.each([
    ['an unknown action', '00020201 61'],
    ['another unknown action', '03020201 61'],
    ['set-var with two arguments', '01020201 6111'],
    ['set-var with four', '01040201 6111'],
    ['unset-var with three', '02030201 61'],
    ['the fifth scope', '01030501 6111'],
    ['scope 255', '0202ff01 61'],
  ])('%s is SPOA_FRAME_INVALID, also behind a good one', (_, hex) => {
    const bytes = Buffer.from(hex.replaceAll(' ', ''), 'hex');
    expectSpoaError('SPOA_FRAME_INVALID', () => decodeActions(bytes));
    expectSpoaError('SPOA_FRAME_INVALID', () => decodeActions(Buffer.concat([encodeUnsetVar('session', 'b'), bytes])));
  });

  test('a reserved type is SPOA_TYPE_INVALID', () => {
    expectSpoaError('SPOA_TYPE_INVALID', () => decodeActions(Buffer.from('01030201610a', 'hex')));
  });

  test('cut inside an action is SPOA_TRUNCATED', () => {
    const bytes = decodeFrame(encodeAck(id, [setVar('name', 'value')])).payload;
    for (let end = 1; end < bytes.length; end++) {
      expectSpoaError('SPOA_TRUNCATED', () => decodeActions(bytes.subarray(0, end)));
    }
  });
});

describe('the name of a variable', () => {
  const used = (scope: Scope, name: string): void => {
    encodeSetVarPrefix(scope, name);
    encodeUnsetVar(scope, name);
    encodeAck(id, [setVar(name, 1, scope)]);
  };
  const refused = (scope: Scope, name: string): void => {
    expectSpoaError('SPOA_NAME_INVALID', () => encodeSetVarPrefix(scope, name));
    expectSpoaError('SPOA_NAME_INVALID', () => encodeUnsetVar(scope, name));
    expectSpoaError('SPOA_NAME_INVALID', () => encodeAck(id, [setVar(name, 1, scope)]));
  };

  // HAProxy builds "txn.p.name" in 63 bytes; the prefix has one character at least.
  test.each(SCOPES)('in scope %s leaves room for the full name in 63 bytes', (scope) => {
    const longest = 63 - `${SCOPE_PREFIXES[scope]}.p.`.length;
    expect(longest).toBe(scope === 'process' || scope === 'session' ? 56 : 57);
    used(scope, 'n'.repeat(longest));
    refused(scope, 'n'.repeat(longest + 1));
  });

  test.each(['a', 'Z', '0', '_', '.', 'ip_score', 'a.b.c', '9lives', '...'])('%s is allowed', (name) => {
    used('transaction', name);
  });

  test.each(['', ' ', 'a b', 'a-b', 'a/b', 'a:b', 'ü', 'a\0', 'a\n', '/', '@', '[', '`', '{', '\u{1f600}'])(
    '%j is refused',
    (name) => {
      refused('transaction', name);
    },
  );

  test.each(['txn', '', 'Session', '__proto__', 'constructor', 'toString', 0])('there is no scope %s', (scope) => {
    refused(scope as Scope, 'name');
  });

  test('an error about a monstrous name is short', () => {
    const error = expectSpoaError('SPOA_NAME_INVALID', () => encodeUnsetVar('session', 'x'.repeat(1_000_000)));
    expect(error.message.length).toBeLessThan(300);
  });
});
