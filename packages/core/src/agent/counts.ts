/** What an agent has done since it was made. Plain numbers, counted whether anybody looks or not: they cost next to nothing. */
export interface AgentCounts {
  /** Accepted connections, health checks included. */
  readonly connections: number;
  /** Frames that came, of all types; fragments count each. */
  readonly frames: number;
  /** NOTIFYs that came whole, malformed ones included. */
  readonly notifies: number;
  /** NOTIFYs whose handlers are not done now. */
  readonly inFlight: number;
  readonly bytesReceived: number;
  /** Bytes given to the kernel, or waiting for it. */
  readonly bytesSent: number;
}

/** What is counted of one connection. */
export type ConnectionCounts = Omit<AgentCounts, 'connections'>;

interface Counted {
  readonly counts: ConnectionCounts;
}

/** Adds what open connections have counted to what closed ones had. */
export class CountTotals {
  connections = 0;
  #closed: ConnectionCounts = { frames: 0, notifies: 0, inFlight: 0, bytesReceived: 0, bytesSent: 0 };

  closed({ counts }: Counted): void {
    this.#closed = { ...sum(this.#closed, counts), inFlight: 0 };
  }

  with(open: Iterable<Counted>): AgentCounts {
    let total = this.#closed;
    for (const { counts } of open) total = sum(total, counts);
    return { connections: this.connections, ...total };
  }
}

function sum(a: ConnectionCounts, b: ConnectionCounts): ConnectionCounts {
  return {
    frames: a.frames + b.frames,
    notifies: a.notifies + b.notifies,
    inFlight: a.inFlight + b.inFlight,
    bytesReceived: a.bytesReceived + b.bytesReceived,
    bytesSent: a.bytesSent + b.bytesSent,
  };
}
