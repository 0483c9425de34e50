import { type Duplex, duplexPair } from 'node:stream';
import { type Ack, connectEngine, type Engine, type EngineOptions, type WritableMessage } from '@spoa/core';
import { onTestFinished } from 'vitest';
import { SpoaApplication, type SpoaApplicationOptions } from '../../src/index.ts';
import { RecordedLog } from './recorded-log.ts';

/** An application, its log, and HAProxy's side of one connection to it. */
export interface TestApplication {
  readonly app: SpoaApplication;
  readonly log: RecordedLog;
  readonly engine: Engine;
  /** Sends one NOTIFY. */
  notify(...messages: WritableMessage[]): Promise<Ack>;
  /** Everything that the application has sent, as bytes. */
  sent(): Buffer;
}

/** Boots an application and connects to it. It is closed when the test is over. */
export async function startApplication(
  options: SpoaApplicationOptions,
  engineOptions?: EngineOptions,
): Promise<TestApplication> {
  const log = new RecordedLog();
  const app = await SpoaApplication.create({ logger: log.logger, ...options });
  onTestFinished(() => app.close({ timeoutMs: 0, quietMs: 0 }));
  const { engine, sent } = await connect(app, engineOptions);
  return { app, log, engine, sent, notify: (...messages) => engine.notify(messages) };
}

/** Makes one more connection to an application, or to an agent. */
export async function connect(
  app: Pick<SpoaApplication, 'handleConnection'>,
  options?: EngineOptions,
): Promise<{ engine: Engine; sent: () => Buffer; duplex: Duplex }> {
  const [ours, theirs] = duplexPair();
  const chunks: Buffer[] = [];
  theirs.on('data', (chunk: Buffer) => chunks.push(chunk));
  app.handleConnection(ours);
  const engine = await connectEngine({ duplex: theirs }, options);
  onTestFinished(() => engine.destroy());
  return { engine, sent: () => Buffer.concat(chunks), duplex: theirs };
}

/** Shorthand for a message of a NOTIFY. */
export function message(name: string, ...args: [name: string, value: WritableMessageValue][]): WritableMessage {
  return { name, args };
}

type WritableMessageValue = WritableMessage['args'] extends Iterable<readonly [string, infer Value]> ? Value : never;
