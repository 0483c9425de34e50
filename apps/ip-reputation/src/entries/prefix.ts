import { IpAddress } from '@spoa/core';

/**
 * A network of IPv4 or IPv6 addresses; a single address is a /32 or a /128.
 *
 * IPv4-mapped IPv6 (`::ffff:a.b.c.d`) is IPv4 here, as it is in every look-up, so that one network has one spelling.
 */
export class Prefix {
  /** The first address. Bits beyond `length` are zero. */
  readonly address: IpAddress;
  /** 0 to 32 for IPv4, 0 to 128 for IPv6. */
  readonly length: number;

  private constructor(address: IpAddress, length: number) {
    this.address = address;
    this.length = length;
  }

  /**
   * The network of `length` bits that holds `address`; host bits are dropped.
   *
   * @throws RangeError when the length does not fit the family
   */
  static of(address: IpAddress, length: number): Prefix {
    const width = address.family === 4 ? 32 : 128;
    if (!Number.isInteger(length) || length < 0 || length > width) {
      throw new RangeError(`a prefix of IPv${address.family} has 0 to ${width} bits, not ${length}`);
    }
    if (address.unmapped !== address && length >= 96) return Prefix.of(address.unmapped, length - 96);
    return new Prefix(cut(address, length), length);
  }

  /** Reads `address` or `address/length`, dropping host bits; `undefined` when `text` is neither. */
  static parse(text: string): Prefix | undefined {
    return Prefix.read(text)?.prefix;
  }

  /** As {@link parse}, and says whether `text` named an address inside the network instead of its first. */
  static read(text: string): { readonly prefix: Prefix; readonly hostBits: boolean } | undefined {
    const parts = split(text);
    if (parts === undefined) return undefined;
    const { address, length } = parts;
    return { prefix: Prefix.of(address, length), hostBits: !cut(address, length).equals(address) };
  }

  get family(): 4 | 6 {
    return this.address.family;
  }

  /** `address/length`, always with the length, in canonical form (RFC 5952). */
  toString(): string {
    return `${this.address}/${this.length}`;
  }

  toJSON(): string {
    return this.toString();
  }
}

function split(text: string): { address: IpAddress; length: number } | undefined {
  const slash = text.indexOf('/');
  const address = IpAddress.parse(slash === -1 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  const width = address.family === 4 ? 32 : 128;
  if (slash === -1) return { address, length: width };
  const digits = text.slice(slash + 1);
  if (!/^\d{1,3}$/.test(digits)) return undefined;
  const length = Number(digits);
  return length <= width ? { address, length } : undefined;
}

function cut(address: IpAddress, length: number): IpAddress {
  if (address.family === 4) return IpAddress.v4(address.w0 & maskOfWord(length));
  return IpAddress.v6(
    address.w0 & maskOfWord(length),
    address.w1 & maskOfWord(length - 32),
    address.w2 & maskOfWord(length - 64),
    address.w3 & maskOfWord(length - 96),
  );
}

/** The mask of one 32-bit word when `bits` of it (below 0: none, above 32: all) belong to the network. */
export function maskOfWord(bits: number): number {
  // JavaScript takes shift counts modulo 32: a shift by 32 would leave the word as it is.
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}
