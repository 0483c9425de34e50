/** What a PostgreSQL server sends, as far as the door writes or reads it itself ("Message Formats"). */

/** 'I': idle, 'T': in a transaction, 'E': in a failed transaction. */
export type TransactionStatus = 'I' | 'T' | 'E';

function message(type: string, ...parts: readonly (string | Buffer)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(`${part}\0`) : part)));
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** The answer to StartupMessage: no password is asked, the file mode of the socket decides who may come. */
export function greeting(serverVersion: string): Buffer {
  const parameters = {
    server_version: serverVersion,
    server_encoding: 'UTF8',
    client_encoding: 'UTF8',
    DateStyle: 'ISO, MDY',
    TimeZone: 'UTC',
    integer_datetimes: 'on',
    standard_conforming_strings: 'on',
  };
  return Buffer.concat([
    message('R', int32(0)),
    ...Object.entries(parameters).map(([name, value]) => message('S', name, value)),
    message('K', int32(0), int32(0)),
    readyForQuery('I'),
  ]);
}

/** For clients that ask for a minor version above 3.0. */
export function negotiateProtocolVersion(): Buffer {
  return message('v', int32(0), int32(0));
}

export function readyForQuery(status: TransactionStatus): Buffer {
  return message('Z', Buffer.from(status, 'latin1'));
}

/** @param code SQLSTATE */
export function errorResponse(severity: 'ERROR' | 'FATAL', code: string, text: string): Buffer {
  return message('E', `S${severity}`, `V${severity}`, `C${code}`, `M${text}`, Buffer.alloc(1));
}

export interface Answer {
  /** The messages for the client that asked, without notifications. */
  readonly bytes: Buffer;
  readonly notifications: readonly { readonly channel: string; readonly bytes: Buffer }[];
  /** That of the last ReadyForQuery; `undefined` when there was none. */
  readonly status: TransactionStatus | undefined;
}

/** Takes the notifications out of what the backend wrote, and reads how the transaction stands. */
export function readAnswer(bytes: Buffer): Answer {
  const notifications: { channel: string; bytes: Buffer }[] = [];
  const kept: Buffer[] = [];
  let status: TransactionStatus | undefined;
  let from = 0;
  for (let at = 0; at + 5 <= bytes.length; ) {
    const type = bytes[at];
    const end = at + 1 + bytes.readInt32BE(at + 1);
    if (type === 0x5a) status = String.fromCharCode(bytes[at + 5] as number) as TransactionStatus;
    if (type === 0x41) {
      // NotificationResponse: process id, channel, payload
      kept.push(bytes.subarray(from, at));
      const channel = bytes.toString('utf8', at + 9, bytes.indexOf(0, at + 9));
      notifications.push({ channel, bytes: bytes.subarray(at, end) });
      from = end;
    }
    at = end;
  }
  if (notifications.length === 0) return { bytes, notifications, status };
  kept.push(bytes.subarray(from));
  return { bytes: Buffer.concat(kept), notifications, status };
}
