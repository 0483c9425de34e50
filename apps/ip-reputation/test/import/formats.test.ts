import { describe, expect, test } from 'vitest';
import { csvFields } from '../../src/import/formats/csv-fields.ts';
import { detectFormat, FORMATS, type FormatName } from '../../src/import/formats/formats.ts';
import type { Draft, LineFormat } from '../../src/import/line-format.ts';

/** What each line says, in short; a text for a bad one. */
function read(name: FormatName, ...lines: string[]): unknown[] {
  const format: LineFormat = FORMATS[name];
  const parser = format.open();
  return lines.map((line) => {
    const drafts = parser.parse(line);
    return typeof drafts === 'string' ? drafts : drafts.map(short);
  });
}

function short({ prefix, hostBits, expiresAt, ...rest }: Draft): object {
  const expires = expiresAt === undefined ? {} : { expires: expiresAt.toISOString().slice(0, 10) };
  return { prefix: `${prefix}`, ...rest, ...(hostBits ? { hostBits } : {}), ...expires };
}

describe('plain lists and netsets', () => {
  test('addresses, prefixes, ranges, comments', () => {
    expect(
      read('netset', '# comment', '', '192.0.2.1', ' 2001:DB8::/32 # there', '192.0.2.4-192.0.2.6', '::ffff:192.0.2.9'),
    ).toEqual([
      [],
      [],
      [{ prefix: '192.0.2.1/32' }],
      [{ prefix: '2001:db8::/32' }],
      [{ prefix: '192.0.2.4/31' }, { prefix: '192.0.2.6/32' }],
      [{ prefix: '192.0.2.9/32' }],
    ]);
  });

  test('in plain lists the comment behind a prefix is the reason', () => {
    expect(read('plain', '192.0.2.0/24 ; SBL1', '; only this', '192.0.2.0/25 # a # b', '192.0.2.0/26 ;')).toEqual([
      [{ prefix: '192.0.2.0/24', reason: 'SBL1' }],
      [],
      [{ prefix: '192.0.2.0/25', reason: 'a # b' }],
      [{ prefix: '192.0.2.0/26', reason: undefined }],
    ]);
  });

  test('host bits are cut off and counted', () => {
    expect(read('plain', '192.0.2.1/24')).toEqual([[{ prefix: '192.0.2.0/24', hostBits: true }]]);
  });

  test.each(['example.com', '192.0.2.0/33', '192.0.2', '192.0.2.01', '2001:db8::/129', '1.2.3.4-', '<html>'])(
    '%s is bad',
    (line) => {
      expect(read('plain', line)).toEqual([expect.stringContaining('not an address or prefix')]);
    },
  );

  test('a prefix of everything is bad', () => {
    expect(read('plain', '0.0.0.0/0', '::/0')).toEqual([
      expect.stringContaining('covers every address'),
      expect.stringContaining('covers every address'),
    ]);
  });
});

describe('Spamhaus DROP', () => {
  test('records, and the metadata that counts them', () => {
    const parser = FORMATS.drop.open();
    expect(parser.parse('{"cidr":"192.0.2.0/24","sblid":"SBL1","rir":"arin"}')).toMatchObject([{ reason: 'SBL1' }]);
    expect(parser.parse('{"type":"metadata","timestamp":1,"records":2}')).toEqual([]);
    expect(parser.finish?.()).toBe('the file announces 2 records and has 1');
  });

  test('a file that was cut off is noticed', () => {
    const parser = FORMATS.drop.open();
    parser.parse('{"cidr":"192.0.2.0/24","sblid":"SBL1"}');
    expect(parser.finish?.()).toContain('cut off');
  });

  test('bad lines', () => {
    expect(read('drop', '{"cidr":"192.0.2.0/24', '{"asn":64500}', '{"cidr":"x"}', '7', 'null', '')).toEqual([
      'not a JSON object',
      'the object has no "cidr"',
      'not an address or prefix: "x"',
      'not a JSON object',
      'not a JSON object',
      [],
    ]);
  });
});

describe('CSV', () => {
  test('prefix, score, list, reason, expiry', () => {
    expect(
      read(
        'csv',
        '192.0.2.0/24,10,bad,"scans, mostly",2099-01-01',
        '192.0.2.1,100',
        '2001:db8::/32,,,why',
        '192.0.2.2,',
      ),
    ).toEqual([
      [{ prefix: '192.0.2.0/24', score: 10, list: 'bad', reason: 'scans, mostly', expires: '2099-01-01' }],
      [{ prefix: '192.0.2.1/32', score: 100 }],
      [{ prefix: '2001:db8::/32', reason: 'why' }],
      [{ prefix: '192.0.2.2/32' }],
    ]);
  });

  test('a header says where the columns are', () => {
    expect(read('csv', 'Comment,Network,other,Score', 'why,192.0.2.0/24,x,7')).toEqual([
      [],
      [{ prefix: '192.0.2.0/24', reason: 'why', score: 7 }],
    ]);
    expect(read('csv', 'ip_range_start,ip_range_end,country_code', '192.0.2.0,192.0.2.255,AU')).toEqual([
      [],
      [{ prefix: '192.0.2.0/24', reason: 'AU' }],
    ]);
  });

  test('the layouts of ip-location-db', () => {
    expect(read('csv', '192.0.2.0,192.0.2.255,AU')).toEqual([[{ prefix: '192.0.2.0/24', reason: 'AU' }]]);
    expect(read('csv', '3221225984,3221226239,AU')).toEqual([[{ prefix: '192.0.2.0/24', reason: 'AU' }]]);
    expect(read('csv', '2001:db8::,2001:db8::ffff,64500,"Example, Inc."')).toEqual([
      [{ prefix: '2001:db8::/112', reason: 'AS64500 Example, Inc.' }],
    ]);
    expect(read('csv', '42540766411282592856903984951653826560,42540766490510755371168322545197776895,JP')).toEqual([
      [{ prefix: '2001:db8::/32', reason: 'JP' }],
    ]);
  });

  test('bad lines', () => {
    expect(
      read(
        'csv',
        '192.0.2.0/24,10',
        '192.0.2.0/24,101',
        '192.0.2.0/24,10,"open',
        '192.0.2.0/24,10,,,soon',
        'host,1',
        `192.0.2.0/24,1,${'x'.repeat(101)}`,
      ).slice(1),
    ).toEqual([
      'the score is an integer from 0 to 100, not "101"',
      'a quote is not closed',
      'neither a date nor a duration: "soon"',
      'not an address or prefix: "host"',
      expect.stringContaining('longer than 100'),
    ]);
    expect(read('csv', '192.0.2.0,192.0.2.255,AU', '192.0.2.9,192.0.2.0,AU', '192.0.2.0,2001:db8::,AU')).toEqual([
      [{ prefix: '192.0.2.0/24', reason: 'AU' }],
      'no range: 192.0.2.9 to 192.0.2.0',
      'no range: 192.0.2.0 to 2001:db8::',
    ]);
  });

  test.each([
    ['a,b', ['a', 'b']],
    ['', ['']],
    [' a , "b ""c"", d" ,', ['a', 'b "c", d', '']],
    ['"a"x,b', undefined],
    ['"a', undefined],
  ])('fields of %s', (line, fields) => {
    expect(csvFields(line)).toEqual(fields);
  });
});

test.each([
  ['firehol_level1.netset', ['#', '# about', '1.2.3.0/24'], 'netset'],
  ['list.ipset.gz', ['1.2.3.4'], 'netset'],
  ['drop_v4.json', ['{"cidr":"1.2.3.0/24"}'], 'drop'],
  ['x', ['; comment, with a comma', '1.2.3.0/24 ; SBL1'], 'plain'],
  ['x', ['1.0.0.0,1.0.0.255,AU'], 'csv'],
  ['x', [], 'plain'],
] as const)('the format of %s is detected (%j): %s', (file, lines, format) => {
  expect(detectFormat(lines, file)).toBe(format);
});
