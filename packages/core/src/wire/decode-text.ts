/** Decodes the bytes from `start` to `end`, all of which must be there. */
export type DecodeText = (bytes: Buffer, start: number, end: number) => string;

/*
 * What `toString` calls once it has found out which encoding it is asked for. That costs up to a third of what decoding a short
 * text does. Node 20 to 26 have these methods, though they are not documented; like all of Node's they check their arguments.
 */
interface Slices {
  utf8Slice?(start: number, end: number): string;
  latin1Slice?(start: number, end: number): string;
}

const { utf8Slice, latin1Slice } = Buffer.prototype as Slices;

export const decodeUtf8: DecodeText =
  utf8Slice === undefined
    ? (bytes, start, end) => bytes.toString('utf8', start, end)
    : (bytes, start, end) => (bytes as Buffer & Required<Slices>).utf8Slice(start, end);

/** One character a byte. */
export const decodeLatin1: DecodeText =
  latin1Slice === undefined
    ? (bytes, start, end) => bytes.toString('latin1', start, end)
    : (bytes, start, end) => (bytes as Buffer & Required<Slices>).latin1Slice(start, end);
