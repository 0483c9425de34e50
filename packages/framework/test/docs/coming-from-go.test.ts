import * as core from '@spoa/core';
import { ActionType, DataType, FrameFlag, FrameType } from '@spoa/core';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { IpAddress, SpoaApplication } from '../../src/index.ts';
import { connect, message } from '../support/test-application.ts';
import { score } from './go-client.ts';
import { IpReputationController, main as serveController } from './go-controller.ts';
import { main as serve } from './go-core.ts';
import { readPage } from './support/pages.ts';

/** What the packages of the Go library export, by package, as `go doc` lists it (d9cefa4). */
const EXPORTED = {
  action: `Action Action.Marshal Action.Name Action.Scope Action.Type Action.Value Actions Actions.Reset Actions.SetVar
    Actions.UnsetVar NewSetVar NewUnsetVar Scope ScopeProcess ScopeRequest ScopeResponse ScopeSession ScopeTransaction Type
    TypeSetVar TypeUnsetVar`,
  agent: 'Agent Agent.Serve New',
  client: 'Client Client.Init Client.Notify Client.Stop NewClient',
  frame: `AcquireFrame Frame Frame.Actions Frame.Encode Frame.EngineID Frame.Flags Frame.FrameID Frame.Healthcheck Frame.IsAbort
    Frame.IsFin Frame.KV Frame.Len Frame.MaxFrameSize Frame.Messages Frame.Read Frame.Reset Frame.StreamID Frame.Type NewFrame
    ReleaseFrame Type TypeAgentAck TypeAgentDisconnect TypeAgentHello TypeHaproxyDisconnect TypeHaproxyHello TypeNotify TypeUnset`,
  kv: `AcquireKV Item Item.Name Item.Value KV KV.Add KV.Bytes KV.Data KV.Get KV.Reset KV.Unmarshal KV.UnmarshalNB NewKV ReleaseKV`,
  logger: `Channel Channel.Errorf DefaultLog DefaultLog.Errorf Log Log.Errorf LogMessage Logger Logger.Errorf NewChannel
    NewDefaultLog NewLog NewNop Nop Nop.Errorf`,
  message: `AcquireMessage ErrMessageNotFound Message Message.KV Message.Name Message.Reset Messages Messages.Decode
    Messages.GetByIndex Messages.GetByName Messages.Len Messages.Reset NewMessages ReleaseMessage`,
  request: `AcquireRequest ReleaseRequest Request Request.Actions Request.EngineID Request.FrameID Request.Messages Request.Reset
    Request.StreamID`,
  typeddata: `Decode Encode ErrDecodingBufferTooSmall ErrEmptyBuffer TypeBinary TypeBoolean TypeIPv4 TypeIPv6 TypeInt32 TypeInt64
    TypeNull TypeString TypeUInt32 TypeUInt64`,
  varint: 'PutUvarint Uvarint',
  worker: 'Handle',
} as const satisfies Record<string, string>;

const exported = Object.entries(EXPORTED).flatMap(([name, list]) =>
  list
    .trim()
    .split(/\s+/)
    .map((identifier) => `${name}.${identifier}`),
);

/** The rows of the tables that go through the packages: what is there, and what is here. */
const rows = (await readPage('coming-from-go'))
  .split(/^## agent, worker/m)[1]
  ?.split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => line.split(' | ').map((cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, code]) => code as string)));

describe('docs/coming-from-go.md', () => {
  test('has one row for each thing that the Go library exports, and for nothing else', () => {
    expect(rows?.flatMap(([there]) => there ?? []).toSorted()).toEqual(exported.toSorted());
  });

  test('names only calls and constants that there are', () => {
    const ours = new Set(Object.keys(core));
    const told = rows?.flatMap(([, here]) => here ?? []) ?? [];
    const called = told.flatMap((code) => /^([a-zA-Z]+)\(/.exec(code)?.[1] ?? []);
    expect(called.length).toBeGreaterThan(20);
    expect(called.filter((name) => !ours.has(name))).toEqual([]);
    const constants = told.flatMap((code) => [...code.matchAll(/\b(ActionType|DataType|FrameType|FrameFlag)\.(\w+)/g)]);
    expect(constants.length).toBeGreaterThan(20);
    const tables = new Map(Object.entries({ ActionType, DataType, FrameFlag, FrameType }));
    for (const [code, table = '', name] of constants)
      expect(Object.keys(tables.get(table) ?? {}), code).toContain(name);
  });

  test('the handler, asked by the client', async () => {
    const errors = vi.spyOn(console, 'error');
    onTestFinished(() => void vi.restoreAllMocks());
    vi.spyOn(console, 'debug').mockReturnValue();
    const agent = await serve(0);
    onTestFinished(() => agent.close({ timeoutMs: 0 }));
    const [address] = agent.addresses;
    const port = address !== undefined && 'port' in address ? address.port : 0;
    expect(await score(port)).toEqual(expect.any(Number));
    expect(errors).not.toHaveBeenCalled();
  });

  test('the controller', async () => {
    const app = await SpoaApplication.create({ controllers: [IpReputationController], logger: false });
    onTestFinished(() => app.close({ timeoutMs: 0, quietMs: 0 }));
    const { engine } = await connect(app);
    const ack = await engine.notify([message('get-ip-reputation', ['ip', IpAddress.v4(1)])]);
    expect(ack.get('session', 'ip_score')).toEqual(expect.any(Number));
  });

  test('the controller, served', async () => {
    const app = await serveController(0);
    onTestFinished(() => app.close({ timeoutMs: 0, quietMs: 0 }));
    const [address] = app.addresses;
    expect(await score(address !== undefined && 'port' in address ? address.port : 0)).toEqual(expect.any(Number));
  });

  test('a value without a type, caught and not', async () => {
    const answer = async (isCaught: boolean) => {
      const agent = core.createAgent((notify) => {
        notify.setVar('session', 'before', 1);
        try {
          notify.setVar('session', 'score', 1.5);
        } catch (error) {
          if (!isCaught) throw error;
        }
      });
      onTestFinished(() => agent.close({ timeoutMs: 0, quietMs: 0 }));
      const { engine } = await connect(agent);
      return (await engine.notify([message('any')])).get('session', 'before');
    };
    expect([await answer(true), await answer(false)]).toEqual([1, undefined]);
  });

  test('what it says is better here', async () => {
    const values = [-1, 2 ** 53 - 1, 2n ** 63n, IpAddress.v4(1)];
    for (const value of values) {
      expect(core.decodeTypedData(core.encodeTypedData(value)).value).toEqual(value);
    }
    expect(() => core.encodeTypedData(1.5)).toThrow(expect.objectContaining({ code: 'SPOA_VALUE_INVALID' }));
    expect(core.encodeUnsetVar('session', 'x').toString('hex')).toBe('0202010178');
    expect(() => core.decodeMessages(Buffer.from([1, 0x6d, 1, 1, 0x61, 6, 1]))).toThrow(
      expect.objectContaining({ code: 'SPOA_TRUNCATED' }),
    );
  });
});
