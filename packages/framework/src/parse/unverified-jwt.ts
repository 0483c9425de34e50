import { isUtf8 } from 'node:buffer';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { invalid, overLimit, requireText } from './failure.ts';
import { type Json, type JsonObject, parseJson } from './json.ts';
import { schemaFrom } from './schema-from.ts';

/** What somebody wrote into a JWT. Nobody has checked who. */
export interface UnverifiedJwt {
  /** The JOSE header: `alg`, `kid`, ... as claimed. */
  readonly header: JsonObject;
  /** The claims, as claimed. `exp`, `nbf`, `iss` and `aud` are not looked at. */
  readonly payload: JsonObject;
  /** Empty where the token is not signed at all. */
  readonly signature: Buffer;
}

export interface DecodeJwtOptions {
  /** Longer tokens are refused, in characters. @default 16384 */
  readonly maxLength?: number;
}

/**
 * Takes a JWT apart WITHOUT VERIFYING IT: neither signature nor expiry is checked, so anybody can have written what it
 * says. Let nothing depend on it that `jwt_verify` in HAProxy, or a library, has not found genuine before.
 *
 * The sample is `http_auth_bearer`. Objects in it have no prototype: any name can be a claim.
 *
 * @throws FrameworkError SPOA_PARSE_INVALID, SPOA_PARSE_LIMIT
 */
export function decodeUnverifiedJwt(token: string, options: DecodeJwtOptions = {}): UnverifiedJwt {
  const { maxLength = 16_384 } = options;
  requireText('jwt', token);
  if (token.length > maxLength) throw overLimit('jwt', maxLength, 'characters');
  const parts = token.split('.');
  if (parts.length === 5) throw invalid('jwt', 'it is encrypted (JWE)');
  if (parts.length !== 3) throw invalid('jwt', 'three parts, divided by dots, were expected');
  const [header, payload, signature] = parts as [string, string, string];
  return {
    header: objectIn('header', header),
    payload: objectIn('payload', payload),
    signature: fromBase64Url('signature', signature),
  };
}

/** A JWT's parts, NOT VERIFIED: {@link decodeUnverifiedJwt}. */
export const unverifiedJwt: StandardSchemaV1<string, UnverifiedJwt> = schemaFrom((token: string) =>
  decodeUnverifiedJwt(token),
);

function objectIn(part: string, text: string): JsonObject {
  const bytes = fromBase64Url(part, text);
  if (!isUtf8(bytes)) throw invalid('jwt', `its ${part} is not UTF-8`);
  const value = parsed(part, bytes.toString());
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('jwt', `its ${part} is no JSON object`);
  }
  return value as JsonObject;
}

function parsed(part: string, text: string): Json {
  const value = parseJson(text);
  if (value === undefined) throw invalid('jwt', `its ${part} is no JSON, or is nested too deeply`);
  return value;
}

/** Node.js passes over what is no base64url: two texts would be one token. */
function fromBase64Url(part: string, text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.toString('base64url') !== text) throw invalid('jwt', `its ${part} is no base64url`);
  return bytes;
}
