import { ProviderNode } from '../di/provider-node.ts';
import { ModuleNode } from '../modules/module-node.ts';
import { Logs } from './logs.ts';

/** Lets everybody inject the `Logs` of an application, as a global module would. */
export function loggingModule(logs: Logs): ModuleNode {
  const module = new ModuleNode(undefined, true);
  module.providers.set(Logs, new ProviderNode({ provide: Logs, useValue: logs }, module));
  module.exports.add(Logs);
  return module;
}
