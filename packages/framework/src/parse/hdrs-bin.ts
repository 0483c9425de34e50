import { Reader, readLength, SpoaError, Writer, writeVarint } from '@spoa/core';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { FrameworkError } from '../errors.ts';
import { describe, invalid, overLimit } from './failure.ts';
import { HeaderMap } from './header-map.ts';
import { schemaFrom } from './schema-from.ts';

/*
 * HAProxy's binary header list (its configuration manual, `req.hdrs_bin`):
 *
 *   *( name: STRING, value: STRING ) , empty STRING, empty STRING      STRING: length as varint, bytes
 *
 * `del-headers-bin` takes names alone:
 *
 *   *( name: STRING ) , empty STRING
 */

/** HAProxy keeps the length of a name in 8 bits and that of a value in 20: of longer ones its rule, and the request, fails. */
const MAX_NAME_LENGTH = 255;
const MAX_VALUE_LENGTH = 0xf_ffff;
/** `token` of RFC 9110: what HAProxy does not check in a list from outside, and the server behind it might split at. */
const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 calls these three dangerous in a value; the rest beyond one byte a character has no place in it. */
const BAD_VALUE = /[\0\r\n]|[^\0-\xff]/;

export interface DecodeHeadersOptions {
  /** More fields than this are refused. HAProxy itself takes 101 in a request (`tune.http.maxhdr`). @default 1000 */
  readonly maxHeaders?: number;
}

/**
 * Reads the samples `req.hdrs_bin` and `res.hdrs_bin`. What it returns shares no memory with `bytes`.
 *
 * @throws FrameworkError SPOA_PARSE_INVALID, SPOA_PARSE_LIMIT
 */
export function decodeHeaders(bytes: Uint8Array, options: DecodeHeadersOptions = {}): HeaderMap {
  const { maxHeaders = 1000 } = options;
  if (!(bytes instanceof Uint8Array)) throw invalid('headers', `bytes were expected, not ${describe(bytes)}`);
  const reader = new Reader(bytes);
  const headers = new HeaderMap();
  for (;;) {
    const start = reader.offset;
    const name = readText(reader);
    const value = readText(reader);
    if (name !== '') {
      if (headers.size === maxHeaders) throw overLimit('headers', maxHeaders, 'fields');
      headers.append(name, value);
      continue;
    }
    if (value !== '') throw invalid('headers', 'a value without a name', { offset: start });
    if (reader.remaining > 0) throw invalid('headers', 'bytes behind its end', { offset: reader.offset });
    return headers;
  }
}

function readText(reader: Reader): string {
  const start = reader.offset;
  try {
    const end = readLength(reader) + reader.offset;
    const text = reader.bytes.toString('latin1', reader.offset, end);
    reader.offset = end;
    return text;
  } catch (error) {
    if (error instanceof SpoaError) throw invalid('headers', 'it is cut off or none', { offset: start });
    throw error;
  }
}

/**
 * Writes what HAProxy 3.4 takes in `http-request set-headers-bin` and `add-headers-bin`: return it as a variable.
 *
 * HAProxy passes the fields on as they are, so every name and value is checked here. Of a name that is there twice,
 * `set-headers-bin` keeps the last: several `set-cookie` want `add-headers-bin`.
 *
 * @param fields a `HeaderMap`, or pairs of name and value; values have one character a byte
 * @throws FrameworkError SPOA_HEADER_INVALID
 */
export function encodeHeaders(fields: Iterable<readonly [name: string, value: string]>): Buffer {
  const writer = new Writer();
  for (const [name, value] of fields) {
    writeText(writer, checkedName(name));
    writeText(writer, checkedValue(name, value));
  }
  writer.u8(0);
  writer.u8(0);
  return writer.take();
}

/**
 * Writes what HAProxy 3.4 takes in `http-request del-headers-bin`: the names of fields to remove.
 *
 * @throws FrameworkError SPOA_HEADER_INVALID
 */
export function encodeHeaderNames(names: Iterable<string>): Buffer {
  const writer = new Writer();
  for (const name of names) writeText(writer, checkedName(name));
  writer.u8(0);
  return writer.take();
}

function writeText(writer: Writer, text: string): void {
  writeVarint(writer, text.length);
  writer.reserve(text.length);
  writer.offset += writer.bytes.write(text, writer.offset, 'latin1');
}

function checkedName(name: string): string {
  if (typeof name !== 'string' || !NAME.test(name)) throw refused('a header name that is none');
  if (name.length > MAX_NAME_LENGTH) throw refused(`a header name beyond ${MAX_NAME_LENGTH} characters`);
  return name;
}

function checkedValue(name: string, value: string): string {
  if (typeof value !== 'string') throw refused(`the value of header ${name} is ${describe(value)}, not text`);
  if (BAD_VALUE.test(value)) {
    throw refused(`the value of header ${name} has a line break, a NUL or a character beyond one byte`);
  }
  if (value.length > MAX_VALUE_LENGTH) throw refused(`the value of header ${name} is beyond ${MAX_VALUE_LENGTH} bytes`);
  return value;
}

function refused(problem: string): FrameworkError {
  return new FrameworkError('SPOA_HEADER_INVALID', problem);
}

/** `req.hdrs_bin` and `res.hdrs_bin` as a `HeaderMap`: {@link decodeHeaders}. */
export const headerMap: StandardSchemaV1<Uint8Array, HeaderMap> = schemaFrom((bytes: Uint8Array) =>
  decodeHeaders(bytes),
);
