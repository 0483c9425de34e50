/** The first bytes of protocols that end up on the wrong port (as latin1), and what to call them. */
const OPENINGS: readonly (readonly [openings: readonly string[], name: string])[] = [
  [['PRI * HTTP/2'], 'HTTP/2'],
  [['GET ', 'HEAD ', 'POST ', 'PUT ', 'DELETE ', 'OPTIONS ', 'PATCH ', 'TRACE ', 'CONNECT '], 'HTTP'],
  [['\x16\x03'], 'TLS'],
  [['PROXY ', '\r\n\r\n\0\r\nQUIT\n'], 'the PROXY protocol'],
  [['SSH-'], 'SSH'],
  [['\xff\xfb', '\xff\xfc', '\xff\xfd', '\xff\xfe'], 'telnet'],
];

/** What a peer that does not begin with a HAPROXY-HELLO seems to speak, as a word for the log; `undefined` if unknown. */
export function guessProtocol(firstBytes: Uint8Array): string | undefined {
  const text = Buffer.from(firstBytes.subarray(0, 16)).toString('latin1');
  const known = OPENINGS.find(([openings]) =>
    openings.some((opening) => text.startsWith(opening) || (text.length >= 4 && opening.startsWith(text))),
  );
  return known?.[1] ?? (/^[\x20-\x7e\t\r\n]{4,}$/.test(text) ? 'text' : undefined);
}
