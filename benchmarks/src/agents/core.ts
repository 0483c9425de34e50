import { createAgent, type Handler, IpAddress, type ListenTarget, type Message, type Value } from '@spoa/core';
import type { RunningAgent } from './kind.ts';

/** What the controllers do, without the framework. */
export const handler: Handler = (notify) => {
  for (const message of notify.messages) {
    const score = scoreOf(message);
    if (score !== undefined) notify.setVar('session', 'ip_score', score & 127);
  }
};

function scoreOf(message: Message): number | undefined {
  switch (message.name) {
    case 'get-ip-reputation':
      return address(message.get('ip'));
    case 'two-arguments':
      return address(message.get('ip')) + integer(message.get('src-port'));
    case 'waf-three':
      return text(message.get('method')) + text(message.get('path')) + address(message.get('ip'));
    case 'waf-all': {
      const request = text(message.get('method')) + text(message.get('path')) + text(message.get('query'));
      const texts = text(message.get('app')) + text(message.get('id')) + text(message.get('version'));
      const long = text(message.get('headers')) + bytes(message.view('body')) + text(message.get('ja3'));
      const flags = Number(message.get('ssl') === true) + Number(message.get('cached') === true);
      const ports = integer(message.get('src-port')) + integer(message.get('dst-port'));
      return request + texts + long + flags + ports + address(message.get('ip'));
    }
    case 'big-body':
      return bytes(message.view('body'));
  }
}

function address(value: Value | undefined): number {
  return value instanceof IpAddress ? value.w0 : 0;
}

function integer(value: Value | undefined): number {
  return typeof value === 'number' ? value : 0;
}

function text(value: Value | undefined): number {
  return typeof value === 'string' ? value.length : 0;
}

function bytes(view: Buffer | undefined): number {
  return view === undefined ? 0 : view.length;
}

export async function start(_kind: string, target: ListenTarget): Promise<RunningAgent> {
  const agent = createAgent(handler);
  const address = await agent.listen(target);
  return { port: 'port' in address ? address.port : undefined, close: () => agent.close() };
}
