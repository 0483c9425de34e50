import type { Agent, ListenAddress } from '@spoa/core';
import type { SpoaApplication } from '../application/spoa-application.ts';

/** What `/info` tells: nothing that is secret, and nothing that a peer has sent. */
export interface ApplicationInfo {
  readonly state: string;
  readonly version: string | undefined;
  readonly node: string;
  readonly pid: number;
  readonly uptimeSeconds: number;
  readonly addresses: readonly ListenAddress[];
  readonly connections: number;
  /** The names of the messages that have controllers. */
  readonly messages: readonly string[];
}

export function describeApplication(
  app: SpoaApplication,
  agent: Agent,
  messages: readonly string[],
  version: string | undefined,
): ApplicationInfo {
  return {
    state: app.state,
    version,
    node: process.version,
    pid: process.pid,
    uptimeSeconds: Math.round(process.uptime()),
    addresses: app.addresses,
    connections: agent.connections,
    messages,
  };
}
