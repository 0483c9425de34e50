import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeUnverifiedJwt, type UnverifiedJwt, unverifiedJwt } from '../../src/parse/index.ts';
import { errorOf, outcomeOf, validated } from './support.ts';

const part = (content: string | Uint8Array): string => Buffer.from(content).toString('base64url');
const HEADER = part('{"alg":"HS256","typ":"JWT"}');

function signed(payload: unknown): string {
  const content = `${HEADER}.${part(JSON.stringify(payload))}`;
  return `${content}.${createHmac('sha256', 'secret').update(content).digest('base64url')}`;
}

const nested = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;

describe('decodeUnverifiedJwt', () => {
  test('takes a token apart', () => {
    const jwt = decodeUnverifiedJwt(signed({ sub: 'ä', roles: ['admin'] }));
    expect(jwt.header.alg).toBe('HS256');
    expect(jwt.payload.sub).toBe('ä');
    expect(jwt.payload.roles).toEqual(['admin']);
    expect(jwt.signature).toHaveLength(32);
  });

  test('does not verify: a forged signature, none at all, and an expired token are taken', () => {
    const [header, payload] = signed({ sub: 'root', exp: 1 }).split('.');
    expect(decodeUnverifiedJwt(`${header}.${payload}.${part('forged')}`).payload.sub).toBe('root');
    expect(decodeUnverifiedJwt(`${part('{"alg":"none"}')}.${payload}.`).signature).toHaveLength(0);
  });

  test('has no claim that means more than another, however deep', () => {
    const { payload } = decodeUnverifiedJwt(`${HEADER}.${part('{"__proto__":{"admin":true},"a":[{"b":{}}]}')}.`);
    expect(Object.keys(payload)).toEqual(['__proto__', 'a']);
    expect(payload.admin).toBeUndefined();
    expect(payload.constructor).toBeUndefined();
    const deep = (payload.a as unknown as [{ b: object }])[0].b;
    expect(Object.getPrototypeOf(deep)).toBeNull();
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });

  test.each([
    ['nothing', ''],
    ['one part', HEADER],
    ['four parts', `${HEADER}.${HEADER}..`],
    ['an encrypted one', `${HEADER}....`],
    ['a header without bytes', `.${HEADER}.`],
    ['a part in base64', `${HEADER}.${Buffer.from('{"a":"ÿÿÿ>>>"}').toString('base64')}.`],
    ['stray characters', `${HEADER}.${part('{}')} .`],
    ['stray bits', `${HEADER}.${part('{}').slice(0, -1)}1.`],
    ['a payload that is no JSON', `${HEADER}.${part('{sub:1}')}.`],
    ['a payload that is a list', `${HEADER}.${part('[]')}.`],
    ['a payload that is null', `${HEADER}.${part('null')}.`],
    ['a payload that is not UTF-8', `${HEADER}.${part(Uint8Array.of(0x22, 0xff, 0x22))}.`],
    ['the scheme before it', `Bearer ${signed({})}`],
  ])('refuses %s', (_, token) => {
    expect(errorOf(() => decodeUnverifiedJwt(token))).toMatchObject({
      code: 'SPOA_PARSE_INVALID',
      facts: { format: 'jwt' },
    });
  });

  test('takes a token as long as it may be, and not one character more', () => {
    const token = signed({ padding: 'x'.repeat(100) });
    expect(decodeUnverifiedJwt(token, { maxLength: token.length }).payload.padding).toHaveLength(100);
    expect(errorOf(() => decodeUnverifiedJwt(token, { maxLength: token.length - 1 })).code).toBe('SPOA_PARSE_LIMIT');
    const long = (length: number) => `${HEADER}.${part('{}')}.`.padEnd(length, 'A');
    expect(decodeUnverifiedJwt(long(16_384)).signature.length).toBeGreaterThan(12_000);
    expect(errorOf(() => decodeUnverifiedJwt(long(16_385)))).toMatchObject({ facts: { limit: 16_384 } });
  });

  test('takes claims as deep as they may be, and not one level more', () => {
    expect(Object.keys(decodeUnverifiedJwt(`${HEADER}.${part(nested(64))}.`).payload)).toEqual(['a']);
    expect(errorOf(() => decodeUnverifiedJwt(`${HEADER}.${part(nested(65))}.`)).code).toBe('SPOA_PARSE_INVALID');
    const abyss = `${HEADER}.${part(`{"a":${'['.repeat(100_000)}`)}.`;
    expect(errorOf(() => decodeUnverifiedJwt(abyss, { maxLength: 1e6 })).code).toBe('SPOA_PARSE_INVALID');
  });

  test('its errors do not repeat what it was given', () => {
    const error = errorOf(() => decodeUnverifiedJwt(`${HEADER}.${part('{"password":"hunter2"')}.`));
    expect(JSON.stringify([error.message, error.facts, String(error.cause)])).not.toContain('hunter2');
  });

  test('any claims come back, and any text gives a token or our error', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (claims) => {
        expect(JSON.stringify(decodeUnverifiedJwt(signed(claims)).payload)).toBe(JSON.stringify(claims));
      }),
    );
    const almost = fc.tuple(fc.string(), fc.string(), fc.string()).map((parts) => parts.map(part).join('.'));
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary' }), almost), (text) => {
        outcomeOf(() => decodeUnverifiedJwt(text));
      }),
    );
  });
});

test('unverifiedJwt is the same as a schema', () => {
  expect((validated(unverifiedJwt, signed({ sub: 'a' })) as UnverifiedJwt).payload.sub).toBe('a');
  expect(validated(unverifiedJwt, 'a.b')).toBe('the JWT: three parts, divided by dots, were expected');
});
