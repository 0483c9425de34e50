import { describe, expect, test } from 'vitest';
import { HeaderMap } from '../../src/parse/index.ts';

describe('HeaderMap', () => {
  test('finds a field whatever the case of its name', () => {
    const headers = new HeaderMap([['X-Score', '80']]);
    expect(headers.get('x-SCORE')).toBe('80');
    expect(headers.has('X-score')).toBe(true);
    expect(headers.get('x-other')).toBeUndefined();
    expect(headers.getAll('x-other')).toEqual([]);
  });

  test('joins the values of a name as HTTP does', () => {
    const headers = new HeaderMap([
      ['accept', 'text/html'],
      ['cookie', 'a=1'],
      ['Accept', '*/*'],
      ['Cookie', 'b=2'],
    ]);
    expect(headers.get('accept')).toBe('text/html, */*');
    expect(headers.get('cookie')).toBe('a=1; b=2');
    expect(headers.getAll('ACCEPT')).toEqual(['text/html', '*/*']);
    expect(headers.size).toBe(4);
  });

  test('set puts one field in the place of all, delete removes them', () => {
    const headers = new HeaderMap([
      ['a', '1'],
      ['b', '2'],
      ['a', '3'],
    ]);
    headers.set('A', '4');
    expect([...headers]).toEqual([
      ['a', '4'],
      ['b', '2'],
    ]);
    expect(headers.size).toBe(2);
    expect([headers.delete('A'), headers.delete('a'), headers.size]).toEqual([true, false, 1]);
    expect([...headers.names()]).toEqual(['b']);
  });

  test('what getAll returned is a list of its own', () => {
    const headers = new HeaderMap([['a', '1']]);
    const values = headers.getAll('a');
    headers.append('a', '2');
    expect(values).toEqual(['1']);
  });

  test('has no name that means more than another', () => {
    const headers = new HeaderMap();
    for (const name of ['__proto__', 'constructor', 'toString']) {
      expect(headers.has(name)).toBe(false);
      expect(headers.append(name, 'x').get(name)).toBe('x');
    }
    expect(Object.getPrototypeOf(headers)).toBe(HeaderMap.prototype);
  });
});
