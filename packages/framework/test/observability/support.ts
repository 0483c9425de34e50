import { request } from 'node:http';
import type { Observability } from '../../src/observability/index.ts';

export interface Answer {
  readonly status: number;
  readonly type: string | undefined;
  readonly text: string;
}

/** Asks the admin server. */
export function ask({ adminAddress }: Observability, path: string, method = 'GET'): Promise<Answer> {
  if (adminAddress === undefined) throw new Error('the admin server does not listen');
  const { address, port } = adminAddress;
  return new Promise((resolve, reject) => {
    request({ host: address, port, path, method, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'], text }),
      );
    })
      .on('error', reject)
      .end();
  });
}

/** Scrapes `/metrics`: each series, as written, with its value. */
export async function scrape(observability: Observability): Promise<Map<string, number>> {
  const { text } = await ask(observability, '/metrics');
  return parseSeries(text);
}

export function parseSeries(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line): [string, number] => {
      const end = line.lastIndexOf(' ');
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

const DEADLINE_MS = 10_000;

/** Scrapes until what was scraped is as wanted. */
export async function scrapeUntil(
  observability: Observability,
  isAsWanted: (series: Map<string, number>) => boolean,
): Promise<Map<string, number>> {
  const deadline = performance.now() + DEADLINE_MS;
  for (;;) {
    const series = await scrape(observability);
    if (isAsWanted(series)) return series;
    if (performance.now() > deadline) throw new Error(`waited in vain, with ${JSON.stringify([...series])}`);
  }
}
