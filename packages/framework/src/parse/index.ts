export { booleanText, parseBoolean } from './boolean.ts';
export { cookieMap, type ParseCookiesOptions, parseCookies } from './cookies.ts';
export {
  type DecodeHeadersOptions,
  decodeHeaders,
  encodeHeaderNames,
  encodeHeaders,
  headerMap,
} from './hdrs-bin.ts';
export { HeaderMap } from './header-map.ts';
export type { Json, JsonObject } from './json.ts';
export { type ParseQueryOptions, parseQuery, queryParams } from './query.ts';
export { schemaFrom } from './schema-from.ts';
export {
  type DecodeJwtOptions,
  decodeUnverifiedJwt,
  type UnverifiedJwt,
  unverifiedJwt,
} from './unverified-jwt.ts';
