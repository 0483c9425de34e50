import type { HttpResponse } from '@spoa/testing';

/** A response header as UTF-8: Node reads one character a byte. Empty where there is none: HAProxy sends no empty ones. */
export function headerOf({ headers }: HttpResponse, name: string): string {
  const value = headers[name] ?? '';
  return Buffer.from(String(value), 'latin1').toString('utf8');
}
