/**
 * An IPv4 or IPv6 address as numbers: HAProxy sends 4 or 16 bytes in network order, and a look-up wants integers.
 * Text is made only when asked for.
 */
export class IpAddress {
  /** 4 or 6. */
  readonly family: 4 | 6;
  /** IPv4: the address. IPv6: bits 127 to 96. An unsigned 32-bit integer, as are the other words. */
  readonly w0: number;
  /** IPv6: bits 95 to 64. 0 for IPv4. */
  readonly w1: number;
  /** IPv6: bits 63 to 32. 0 for IPv4. */
  readonly w2: number;
  /** IPv6: bits 31 to 0. 0 for IPv4. */
  readonly w3: number;

  private constructor(family: 4 | 6, w0: number, w1: number, w2: number, w3: number) {
    this.family = family;
    this.w0 = w0;
    this.w1 = w1;
    this.w2 = w2;
    this.w3 = w3;
  }

  /** An IPv4 address from an unsigned 32-bit integer. */
  static v4(address: number): IpAddress {
    return new IpAddress(4, address >>> 0, 0, 0, 0);
  }

  /** An IPv6 address from four unsigned 32-bit integers, the most significant first. */
  static v6(w0: number, w1: number, w2: number, w3: number): IpAddress {
    return new IpAddress(6, w0 >>> 0, w1 >>> 0, w2 >>> 0, w3 >>> 0);
  }

  /** Dotted IPv4 or any textual form of IPv6 (RFC 4291, without zone); `undefined` when `text` is neither. */
  static parse(text: string): IpAddress | undefined {
    if (!text.includes(':')) {
      const address = parseV4(text);
      return address === undefined ? undefined : IpAddress.v4(address);
    }
    const groups = parseV6(text);
    if (groups === undefined) return undefined;
    const word = (i: number): number => (groups[i] as number) * 0x10000 + (groups[i + 1] as number);
    return IpAddress.v6(word(0), word(2), word(4), word(6));
  }

  /**
   * The IPv4 address of one that is mapped into IPv6 (`::ffff:a.b.c.d`, RFC 4291 section 2.5.5.2), itself otherwise. HAProxy sends
   * IPv4 clients of a `bind ... v4v6` in the mapped form.
   */
  get unmapped(): IpAddress {
    return this.#isMapped ? IpAddress.v4(this.w3) : this;
  }

  get #isMapped(): boolean {
    return this.family === 6 && this.w0 === 0 && this.w1 === 0 && this.w2 === 0xffff;
  }

  equals(other: IpAddress): boolean {
    return (
      this.family === other.family &&
      this.w0 === other.w0 &&
      this.w1 === other.w1 &&
      this.w2 === other.w2 &&
      this.w3 === other.w3
    );
  }

  /** Dotted IPv4, or IPv6 in the canonical form of RFC 5952. */
  toString(): string {
    if (this.family === 4) return formatV4(this.w0);
    return this.#isMapped ? `::ffff:${formatV4(this.w3)}` : formatV6([this.w0, this.w1, this.w2, this.w3]);
  }

  toJSON(): string {
    return this.toString();
  }
}

function parseV4(text: string): number | undefined {
  const match = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(text);
  if (match === null) return undefined;
  let address = 0;
  for (let i = 1; i <= 4; i++) {
    const octet = Number(match[i]);
    if (octet > 255) return undefined;
    address = address * 256 + octet;
  }
  return address;
}

/** The eight 16-bit groups of an IPv6 address. */
function parseV6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] as string, halves.length === 1);
  if (head === undefined) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  const tail = parseGroups(halves[1] as string, true);
  if (tail === undefined || head.length + tail.length > 7) return undefined;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

/** Groups between colons; the last may be a dotted IPv4 address where the text ends (`mayEndInV4`). */
function parseGroups(text: string, mayEndInV4: boolean): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i] as string;
    if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(Number.parseInt(part, 16));
      continue;
    }
    const v4 = mayEndInV4 && i === parts.length - 1 ? parseV4(part) : undefined;
    if (v4 === undefined) return undefined;
    groups.push(v4 >>> 16, v4 & 0xffff);
  }
  return groups;
}

function formatV4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`;
}

function formatV6(words: readonly number[]): string {
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  const [start, length] = longestZeroRun(groups);
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':');
  return length < 2 ? text(0, 8) : `${text(0, start)}::${text(start + length, 8)}`;
}

/** The first of the longest runs of zero groups, as [start, length]. */
function longestZeroRun(groups: readonly number[]): [number, number] {
  let best: [number, number] = [0, 0];
  for (let i = 0; i < groups.length; i++) {
    let end = i;
    while (groups[end] === 0) end++;
    if (end - i > best[1]) best = [i, end - i];
    i = Math.max(i, end - 1);
  }
  return best;
}
