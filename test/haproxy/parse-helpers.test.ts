import { Arg, defineMessage, SpoeMessage, type VariablesByScope } from '@spoa/framework';
import {
  decodeHeaders,
  decodeUnverifiedJwt,
  encodeHeaderNames,
  encodeHeaders,
  type HeaderMap,
  parseBoolean,
  parseCookies,
  parseQuery,
} from '@spoa/framework/parse';
import { HAPROXY_VERSIONS, type HaproxyVersion, type RequestOptions } from '@spoa/testing';
import { beforeEach, describe, expect, test } from 'vitest';
import { type ApplicationPair, useApplication } from './support/application.ts';
import { ORIGIN } from './support/origin.ts';

const READING = `
spoe-message request
  args headers=req.hdrs_bin cookies=req.fhdr(cookie) query=query token=http_auth_bearer flag=req.hdr(x-flag)
  event on-frontend-http-request

spoe-message response
  args headers=res.hdrs_bin
  event on-http-response
`;

interface Seen {
  readonly headers: HeaderMap;
  readonly cookies: Map<string, string>;
  readonly query: URLSearchParams;
  readonly subject: unknown;
  readonly flag: boolean;
}

let seen: Seen | undefined;
let answered: HeaderMap | undefined;

@SpoeMessage('request')
class RequestController {
  handle(
    @Arg('headers', { type: 'view' }) headers: Buffer,
    @Arg('cookies') cookies: string,
    @Arg('query') query: string,
    @Arg('token') token: string,
    @Arg('flag') flag: string,
  ): void {
    seen = {
      headers: decodeHeaders(headers),
      cookies: parseCookies(cookies),
      query: parseQuery(query),
      subject: decodeUnverifiedJwt(token).payload.sub,
      flag: parseBoolean(flag),
    };
  }
}

const response = defineMessage({
  name: 'response',
  args: { headers: 'view' },
  handle: ({ headers }) => {
    answered = decodeHeaders(headers);
  },
});

const part = (text: string): string => Buffer.from(text).toString('base64url');

describe.each(HAPROXY_VERSIONS)('HAProxy %s', (line) => {
  const pair = useApplication(
    { line, transport: 'tcp', pipelining: true },
    { spoe: READING, frontend: 'default_backend origin', sections: ORIGIN, controllers: [RequestController, response] },
  );

  beforeEach(async () => {
    const headers = {
      'X-Flag': 'Yes',
      'X-Long': 'l'.repeat(3000),
      'X-Bytes': 'ÿä',
      'X-Twice': ['first', 'second'],
      'X-Empty': '',
      Cookie: 'a=1; b=%E2%82%AC',
      Authorization: `Bearer ${part('{"alg":"none"}')}.${part('{"sub":"ä"}')}.`,
    };
    expect((await pair.get('/path?a=1&b=x%20y', { headers })).body).toBe('origin');
  });

  test('its binary header lists are read, of requests and of responses', () => {
    const headers = seen?.headers as HeaderMap;
    expect(headers.get('x-long')).toHaveLength(3000);
    expect(headers.get('x-bytes')).toBe('ÿä');
    expect(headers.getAll('x-twice')).toEqual(['first', 'second']);
    expect(headers.get('x-empty')).toBe('');
    expect(headers.get('host')).toMatch(/^127\.0\.0\.1:/);
    expect(answered?.get('content-type')).toBe('text/plain');
  });

  test('cookies, a query string, a token and a boolean come from the samples that the documentation names', () => {
    expect(seen).toMatchObject({ subject: 'ä', flag: true });
    expect(seen?.cookies.get('b')).toBe('€');
    expect(seen?.query.get('b')).toBe('x y');
  });
});

/** The request's headers, as they are after all rules, become the body of the response. */
const SHOW = `
  http-request set-var(txn.all) req.hdrs_bin
  http-request return status 200 content-type text/plain lf-string "%[var(txn.all),hex]"
`;

@SpoeMessage('change')
class ChangeController {
  handle(@Arg('headers') bytes: Buffer, @Arg('path') path: string): VariablesByScope {
    const headers = decodeHeaders(bytes);
    const change = CHANGES.get(path);
    return { transaction: change === undefined ? {} : change(headers) };
  }
}

const TWICE = [
  ['x-twice', '1'],
  ['x-twice', '2'],
] as const;

/** What each path does with the headers of its request. */
const CHANGES = new Map<string, (headers: HeaderMap) => Record<string, Buffer>>([
  ['/same', (headers) => ({ set: encodeHeaders(headers) })],
  [
    '/changed',
    (headers) => {
      headers.set('X-New', 'n').set('X-Old', 'changed').set('X-Long', 'l'.repeat(3000)).set('X-Bytes', 'ÿä');
      return { set: encodeHeaders(headers.set('X-Empty', '')) };
    },
  ],
  ['/set-twice', () => ({ set: encodeHeaders(TWICE) })],
  ['/add-twice', () => ({ add: encodeHeaders(TWICE) })],
  ['/longest', () => ({ set: encodeHeaders([['n'.repeat(255), 'v']]) })],
  ['/immutable', () => ({ set: encodeHeaders([['Connection', 'x-old']]) })],
  ['/nothing', () => ({ set: encodeHeaders([]), del: encodeHeaderNames([]) })],
  ['/deleted', () => ({ del: encodeHeaderNames(['X-Old', 'x-absent']) })],
]);

/** One HAProxy that sends its headers, takes the lists that come back by `rules`, and shows what it has then. */
function useChanges(line: HaproxyVersion, rules: string): ApplicationPair {
  return useApplication(
    { line, transport: 'tcp', pipelining: true },
    {
      spoe: 'spoe-message change\n  args headers=req.hdrs_bin path=path\n  event on-frontend-http-request\n',
      frontend: rules + SHOW,
      controllers: [ChangeController],
    },
  );
}

describe.each(HAPROXY_VERSIONS)('HAProxy %s', (line) => {
  const pair = useChanges(line, '');

  test('what is encoded again is byte for byte what HAProxy had sent', async () => {
    const headers = { 'x-twice': ['1', '2'], 'x-long': 'l'.repeat(3000), 'x-bytes': 'ÿä', 'x-empty': '' };
    const bytes = await sentBy(pair, '/untouched', { headers });
    expect(encodeHeaders(decodeHeaders(bytes)).equals(bytes)).toBe(true);
  });
});

describe('HAProxy 3.4', () => {
  const pair = useChanges(
    '3.4',
    `
    http-request set-headers-bin var(txn.p.set) if { var(txn.p.set) -m found }
    http-request add-headers-bin var(txn.p.add) if { var(txn.p.add) -m found }
    http-request del-headers-bin var(txn.p.del) if { var(txn.p.del) -m found }
    `,
  );

  test('set-headers-bin takes a list that was read and written again', async () => {
    const headers = { 'x-old': 'o', 'x-bytes': 'ÿä' };
    const [same, untouched] = await Promise.all(
      ['/same', '/none'].map(async (path) => decodeHeaders(await sentBy(pair, path, { headers }))),
    );
    expect([...(same ?? [])].toSorted()).toEqual([...(untouched ?? [])].toSorted());
  });

  test('set-headers-bin changes what is there and adds what is new', async () => {
    const headers = decodeHeaders(await sentBy(pair, '/changed', { headers: { 'x-old': ['a', 'b'] } }));
    expect(headers.getAll('x-old')).toEqual(['changed']);
    expect(headers.get('x-new')).toBe('n');
    expect(headers.get('x-long')).toHaveLength(3000);
    expect(headers.get('x-bytes')).toBe('ÿä');
    expect(headers.get('x-empty')).toBe('');
  });

  test('of a name that is there twice set-headers-bin keeps the last, add-headers-bin both', async () => {
    const [set, added] = await Promise.all(
      ['/set-twice', '/add-twice'].map(async (path) => decodeHeaders(await sentBy(pair, path))),
    );
    expect(set?.getAll('x-twice')).toEqual(['2']);
    expect(added?.getAll('x-twice')).toEqual(['1', '2']);
  });

  test('the longest name that we let through arrives whole', async () => {
    expect(decodeHeaders(await sentBy(pair, '/longest')).get('n'.repeat(255))).toBe('v');
  });

  test('what belongs to the connection stays as it was', async () => {
    const headers = decodeHeaders(await sentBy(pair, '/immutable', { headers: { connection: 'close' } }));
    expect(headers.get('connection')).not.toBe('x-old');
  });

  test('lists of nothing change nothing', async () => {
    const headers = decodeHeaders(await sentBy(pair, '/nothing', { headers: { 'x-old': 'o' } }));
    expect(headers.get('x-old')).toBe('o');
  });

  test('del-headers-bin removes the names', async () => {
    const headers = decodeHeaders(await sentBy(pair, '/deleted', { headers: { 'x-old': ['a', 'b'], 'x-kept': 'k' } }));
    expect(headers.has('x-old')).toBe(false);
    expect(headers.get('x-kept')).toBe('k');
  });
});

/** The header list of one request, as HAProxy encodes it after its rules. */
async function sentBy(
  pair: ApplicationPair,
  path: string,
  options: Omit<RequestOptions, 'path'> = {},
): Promise<Buffer> {
  const { status, body } = await pair.get(path, options);
  expect(status).toBe(200);
  return Buffer.from(body, 'hex');
}
