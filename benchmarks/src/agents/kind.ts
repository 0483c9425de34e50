export interface AgentSettings {
  /** How many messages are known, the four that can be asked for among them. */
  readonly controllers: number;
}

/** An agent that listens. */
export interface RunningAgent {
  /** Of TCP; `undefined` for a unix socket. */
  readonly port: number | undefined;
  close(): Promise<void>;
  /** The most handlers that were at work at a time, where that is counted. */
  peakInFlight?(): number;
}
