import {
  Arg,
  type CanActivate,
  Catch,
  type ExceptionFilter,
  type ExecutionContext,
  Injectable,
  type Interceptor,
  IpAddress,
  SetVar,
  SpoeMessage,
  UseFilters,
  UseGuards,
  UseInterceptors,
  type VariablesByScope,
} from '@spoa/framework';
import { z } from 'zod';

@Injectable()
export class Tenants {
  readonly known = new Set(['shop', 'blog']);
}

@Injectable()
export class TenantGuard implements CanActivate {
  constructor(private readonly tenants: Tenants) {}

  canActivate(context: ExecutionContext): boolean {
    return this.tenants.known.has(String(context.message.get('tenant')));
  }
}

@Injectable()
export class Timing implements Interceptor {
  readonly longest = new Map<string, number>();

  intercept(context: ExecutionContext, next: () => unknown): unknown {
    const begin = performance.now();
    const done = (): void => {
      const took = performance.now() - begin;
      this.longest.set(context.messageName, Math.max(took, this.longest.get(context.messageName) ?? 0));
    };
    const result = next();
    if (result instanceof Promise) return result.finally(done);
    done();
    return result;
  }
}

export class UnknownNetworkError extends Error {}

@Catch(UnknownNetworkError)
export class UnknownNetworkFilter implements ExceptionFilter {
  catch(): VariablesByScope {
    return { session: { ip_score: 0 } };
  }
}

@SpoeMessage('get-ip-reputation', { fallback: { session: { ip_score: 50 } } })
@UseGuards(TenantGuard)
@UseInterceptors(Timing)
@UseFilters(UnknownNetworkFilter)
export class IpReputationController {
  @SetVar('ip_score', { scope: 'session' })
  handle(@Arg('ip') ip: IpAddress, @Arg('path', z.string().startsWith('/').max(200)) path: string): number {
    if (ip.toString().startsWith('10.')) throw new UnknownNetworkError();
    return path.startsWith('/admin') ? 90 : 10;
  }
}
