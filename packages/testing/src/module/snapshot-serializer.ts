/**
 * Bytes in snapshots as `<Buffer 61 62>`, and not as a list of numbers. All else in variables prints well by itself: an
 * `IpAddress` as its text. For `expect.addSnapshotSerializer` of vitest or Jest.
 */
export const snapshotSerializer = {
  test: (value: unknown): boolean => value instanceof Uint8Array,
  serialize: (value: Uint8Array): string => {
    const pairs = Array.from(value, (byte) => byte.toString(16).padStart(2, '0'));
    return `<${['Buffer', ...pairs].join(' ')}>`;
  },
} as const;
