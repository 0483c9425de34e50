import { HaproxyError } from './errors.ts';

/** What {@link HaproxyLog.waitFor} waits for, and how long. */
export interface WaitForLogOptions {
  /** @default 5000 */
  readonly timeoutMs?: number;
  /** Look only at lines from this position on: a `logPosition` that was read earlier. @default 0 */
  readonly after?: number;
}

interface Waiter {
  readonly pattern: string | RegExp;
  readonly resolve: (line: string) => void;
  readonly reject: (error: HaproxyError) => void;
  readonly timer: NodeJS.Timeout;
}

// Load tests log a line per request: the oldest go when there are this many, in steps so that dropping stays cheap.
const MAX_LINES = 50_000;
const DROPPED_AT_ONCE = 10_000;

/** The lines that HAProxy wrote to stdout and stderr, in the order they came. */
export class HaproxyLog {
  readonly #lines: string[] = [];
  readonly #partial = new Map<string, string>();
  readonly #waiters = new Set<Waiter>();
  readonly #onLine: ((line: string) => void) | undefined;
  #dropped = 0;
  #ended: string | undefined;

  constructor(onLine?: (line: string) => void) {
    this.#onLine = onLine;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** How many lines have come so far, those that were dropped again included. */
  get position(): number {
    return this.#dropped + this.#lines.length;
  }

  /** How many of the oldest lines are not kept any more. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes what came on one of the streams; lines are made per stream. */
  write(stream: 'stdout' | 'stderr', text: string): void {
    const lines = ((this.#partial.get(stream) ?? '') + text).split('\n');
    this.#partial.set(stream, lines.pop() ?? '');
    for (const line of lines) this.#add(line);
  }

  /** Nothing comes any more: whoever waits learns why. */
  end(reason: string): void {
    for (const rest of this.#partial.values()) {
      if (rest !== '') this.#add(rest);
    }
    this.#partial.clear();
    this.#ended = reason;
    for (const waiter of this.#waiters) {
      this.#settle(waiter);
      waiter.reject(endedError(waiter.pattern, reason));
    }
  }

  /** The first line that contains a text or matches an expression, as soon as it is there. */
  waitFor(pattern: string | RegExp, { timeoutMs = 5000, after = 0 }: WaitForLogOptions = {}): Promise<string> {
    const found = this.#lines.slice(Math.max(0, after - this.#dropped)).find((line) => matches(line, pattern));
    if (found !== undefined) return Promise.resolve(found);
    if (this.#ended !== undefined) return Promise.reject(endedError(pattern, this.#ended));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiters.delete(waiter);
        reject(new HaproxyError('HAPROXY_LOG_TIMEOUT', `no log line matched ${shown(pattern)} within ${timeoutMs} ms`));
      }, timeoutMs);
      const waiter: Waiter = { pattern, resolve, reject, timer };
      this.#waiters.add(waiter);
    });
  }

  #add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length > MAX_LINES) {
      this.#lines.splice(0, DROPPED_AT_ONCE);
      this.#dropped += DROPPED_AT_ONCE;
    }
    for (const waiter of this.#waiters) {
      if (!matches(line, waiter.pattern)) continue;
      this.#settle(waiter);
      waiter.resolve(line);
    }
    this.#onLine?.(line);
  }

  #settle(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    clearTimeout(waiter.timer);
  }
}

function matches(line: string, pattern: string | RegExp): boolean {
  // search() and not test(): an expression with the g flag would remember where it was.
  return typeof pattern === 'string' ? line.includes(pattern) : line.search(pattern) !== -1;
}

function shown(pattern: string | RegExp): string {
  return typeof pattern === 'string' ? JSON.stringify(pattern) : String(pattern);
}

function endedError(pattern: string | RegExp, reason: string): HaproxyError {
  return new HaproxyError('HAPROXY_EXITED', `no log line matched ${shown(pattern)}, and none will come: ${reason}`);
}
