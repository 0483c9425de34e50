export { Agent, type AgentOptions, type CloseOptions, createAgent, handleConnection } from './agent/agent.ts';
export type { AgentCounts } from './agent/counts.ts';
export type {
  AgentEvent,
  ConnectionDisconnectEvent,
  ConnectionEvent,
  ConnectionHelloEvent,
  ConnectionRefusedEvent,
  ConnectionRejectedEvent,
  DiagnosticChannelName,
  DiagnosticEvents,
  ListeningEvent,
  NotifyAbandonedEvent,
  NotifyFailedEvent,
  NotifyRejectedEvent,
} from './agent/diagnostics.ts';
export { type Agreement, agree } from './agent/handshake.ts';
export { DEFAULT_LIMITS, type Limits } from './agent/limits.ts';
export type { ListenAddress, ListenTarget } from './agent/listener.ts';
export {
  type Answer,
  type Handler,
  type NotifyConnection,
  NotifyContext,
  type NotifySource,
} from './agent/notify-context.ts';
export type { Peer } from './agent/peer.ts';
export { isThenable } from './agent/thenable.ts';
export { Ack } from './engine/ack.ts';
export { connectEngine } from './engine/connect.ts';
export { Engine, type EngineEnd } from './engine/engine.ts';
export { type HealthcheckOptions, type HealthcheckResult, healthcheck } from './engine/healthcheck.ts';
export type { EngineOptions } from './engine/options.ts';
export type { ExpectOptions, NotifyContent, NotifyIds, NotifyOptions } from './engine/pending-notify.ts';
export type { EngineTarget } from './engine/target.ts';
export { ERRORS, SpoaError, type SpoaErrorCode, type SpoaErrorFacts, type SpoaErrorOptions } from './errors.ts';
export { type Logger, silentLogger } from './logger.ts';
export {
  type Action,
  ActionType,
  decodeActions,
  encodeAck,
  encodeSetVarPrefix,
  encodeUnsetVar,
  SCOPE_PREFIXES,
  SCOPES,
  Scope,
  type WritableAction,
} from './wire/ack.ts';
export { type DecodeText, decodeLatin1 } from './wire/decode-text.ts';
export {
  type Disconnect,
  decodeDisconnect,
  encodeAgentDisconnect,
  encodeHaproxyDisconnect,
} from './wire/disconnect.ts';
export {
  decodeFrame,
  encodeFrame,
  type Frame,
  FrameFlag,
  type FrameHeader,
  FrameType,
  MIN_FRAME_LENGTH,
  MIN_FRAME_SIZE,
} from './wire/frame.ts';
export { FrameSplitter } from './wire/frame-splitter.ts';
export {
  type AgentHello,
  type Capability,
  decodeAgentHello,
  decodeHaproxyHello,
  encodeAgentHello,
  encodeHaproxyHello,
  type HaproxyHello,
} from './wire/hello.ts';
export { IpAddress } from './wire/ip-address.ts';
export { type Argument, Message, MessageList } from './wire/message.ts';
export { MessageIndex } from './wire/message-index.ts';
export { Name } from './wire/name.ts';
export {
  decodeMessages,
  encodeMessages,
  encodeNotify,
  encodeNotifyAbort,
  type WritableMessage,
} from './wire/notify.ts';
export { Reader } from './wire/reader.ts';
export { Reassembly } from './wire/reassembly.ts';
export { RememberedText } from './wire/remembered-text.ts';
export { StatusCode } from './wire/status-code.ts';
export {
  bin,
  DATA_TYPE_NAMES,
  DataType,
  type DataTypeName,
  decodeTypedData,
  encodeTypedData,
  int32,
  int64,
  ipv4,
  ipv6,
  readTypedData,
  skipTypedData,
  str,
  Typed,
  uint32,
  uint64,
  type Value,
  type WritableValue,
  writeTypedData,
} from './wire/typed-data.ts';
export { decodeVarint, encodeVarint, MAX_VARINT_BYTES, readLength, readVarint, writeVarint } from './wire/varint.ts';
export { Writer } from './wire/writer.ts';
