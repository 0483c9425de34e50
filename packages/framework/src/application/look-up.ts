import type { ProviderNode } from '../di/provider-node.ts';
import { describeLifetime } from '../di/scope.ts';
import { describeToken, type Token } from '../di/token.ts';
import { BootError, type BootFaultCode } from '../errors.ts';
import type { ModuleNode } from '../modules/module-node.ts';
import type { Visibility } from '../modules/visibility.ts';

/** The one provider that a program means by a token: what the root module sees, else what any module has. @throws BootError */
export function lookUp(token: Token, root: ModuleNode, visibility: Visibility): ProviderNode {
  const name = describeToken(token);
  const seen = visibility.find(root, token);
  const [found, ...others] = seen.length > 0 ? seen : visibility.anywhere(token);
  if (found === undefined) {
    throw failure('SPOA_BOOT_PROVIDER', `nothing provides ${name}`, `add ${name} to the providers`);
  }
  if (others.length > 0) {
    const owners = [found, ...others].map(({ module }) => module.name).join(' and ');
    const problem = `${owners} each provide ${name}, and the root module sees none of them or several`;
    throw failure(
      'SPOA_BOOT_AMBIGUOUS',
      problem,
      'export one of them to the root module, or give them different tokens',
    );
  }
  if (!found.isMadeOnce) {
    const { lifetime, isShared } = found.target;
    const made = isShared ? describeLifetime(lifetime) : 'for each place that asks for it';
    throw failure(
      'SPOA_BOOT_SCOPE',
      `${name} is made ${made}: there is not one that could be given`,
      'ask for a singleton',
    );
  }
  return found;
}

function failure(code: BootFaultCode, problem: string, remedy: string): BootError {
  return new BootError([{ code, where: 'SpoaApplication.get', problem, remedy }]);
}
