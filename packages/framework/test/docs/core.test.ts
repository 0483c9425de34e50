import {
  connectEngine,
  createAgent,
  type EngineOptions,
  type HealthcheckOptions,
  IpAddress,
  type NotifyOptions,
} from '@spoa/core';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createReputationAgent } from './core-agent.ts';
import { messageNames, notifyOf } from './core-bytes.ts';
import { scores } from './core-engine.ts';
import { inspect } from './core-messages.ts';
import { readPage } from './support/pages.ts';

describe('docs/core.md', () => {
  beforeEach(() => {
    for (const level of ['debug', 'info', 'warn', 'error'] as const) vi.spyOn(console, level).mockReturnValue();
    return () => void vi.restoreAllMocks();
  });

  test('the agent, and HAProxy of both eras', async () => {
    const agent = createReputationAgent(async (ip) => (ip.equals(IpAddress.v4(0xc0000201)) ? 80 : 0));
    onTestFinished(() => agent.close({ timeoutMs: 0 }));
    await agent.listen({ port: 0 });
    expect(await scores(agent)).toEqual([80, 80, 80, 80]);
    expect(console.error).not.toHaveBeenCalled();
  });

  test('a score that is no integer: an empty ACK, and a line in the log', async () => {
    const agent = createReputationAgent(async () => 0.5);
    onTestFinished(() => agent.close({ timeoutMs: 0 }));
    await agent.listen({ port: 0 });
    expect(await scores(agent)).toEqual([undefined, undefined, undefined, undefined]);
    expect(console.error).toHaveBeenCalled();
  });

  test('several messages, and a long value', async () => {
    const agent = createAgent(inspect);
    onTestFinished(() => agent.close({ timeoutMs: 0 }));
    const address = await agent.listen({ port: 0 });
    if (!('port' in address)) throw new Error('the agent listens on no port');
    await using engine = await connectEngine(address);
    const inspected = async (path: string, body: Buffer): Promise<unknown[]> => {
      const messages = [
        { name: 'check-path', args: [['path', path]] },
        { name: 'other', args: [] },
        { name: 'check-body', args: [['body', body]] },
      ] as const;
      const ack = await engine.notify(messages);
      return [ack.get('transaction', 'is_admin'), ack.get('transaction', 'has_script')];
    };
    expect(await inspected('/admin/users', Buffer.alloc(14_000, 'a'))).toEqual([true, false]);
    expect(await inspected('/', Buffer.from('<p><script src="x">'))).toEqual([false, true]);
  });

  test('bytes', () => {
    const [whole, ...none] = notifyOf('short', 16380);
    expect(none).toEqual([]);
    expect(messageNames(whole ?? Buffer.alloc(0))).toEqual(['inspect']);
    const pieces = notifyOf('x'.repeat(1000), 256);
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.every((piece) => piece.length <= 256 + 4)).toBe(true);
    expect(() => messageNames(Buffer.alloc(3))).toThrow(expect.objectContaining({ code: 'SPOA_TRUNCATED' }));
  });

  test('has all options', async () => {
    const options = {
      connectEngine: {
        capabilities: true,
        maxFrameSize: true,
        engineId: true,
        supportedVersions: true,
        window: true,
        fragment: true,
        timeoutMs: true,
        helloTimeoutMs: true,
        strict: true,
      } satisfies Record<keyof EngineOptions, true>,
      'engine.notify': {
        streamId: true,
        frameId: true,
        timeoutMs: true,
        signal: true,
        pieceBytes: true,
        holdAfter: true,
      } satisfies Record<keyof NotifyOptions, true>,
      healthcheck: { timeoutMs: true, lingerMs: true } satisfies Record<keyof HealthcheckOptions, true>,
    };
    const page = await readPage('core');
    for (const [name, known] of Object.entries(options)) {
      const table = page.split(`| option of \`${name}\` |`)[1]?.split('\n\n')[0];
      expect([...(table?.matchAll(/^\| `(\w+)`/gm) ?? [])].map(([, option]) => option)).toEqual(Object.keys(known));
    }
  });
});
