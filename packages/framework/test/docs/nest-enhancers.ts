import {
  Arg,
  type CanActivate,
  type Class,
  type ExecutionContext,
  Injectable,
  type Interceptor,
  SetVar,
  SpoeMessage,
  UseGuards,
  UseInterceptors,
} from '@spoa/framework';

/** What Reflector and SetMetadata are for: a map by class. */
const tenantsOf = new WeakMap<object, readonly string[]>();

@Injectable()
export class TenantGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const tenants = tenantsOf.get(context.getClass() ?? context.getHandler()) ?? [];
    return tenants.includes(String(context.message.get('tenant')));
  }
}

@Injectable()
export class Timing implements Interceptor {
  readonly tookMs: number[] = [];

  async intercept(_context: ExecutionContext, next: () => unknown): Promise<unknown> {
    const begin = performance.now();
    try {
      return await next();
    } finally {
      this.tookMs.push(performance.now() - begin);
    }
  }
}

/** What applyDecorators is for: a decorator that calls others. */
export const TenantMessage =
  (name: string, ...tenants: string[]) =>
  (target: Class): void => {
    SpoeMessage(name, { fallback: { transaction: { allowed: false } } })(target);
    UseGuards(TenantGuard)(target);
    UseInterceptors(Timing)(target);
    tenantsOf.set(target, tenants);
  };

/** What createParamDecorator is for: an argument with its name, its sample and its checks. */
export const Path = () => Arg('path', { sample: 'path', type: 'latin1' });

@TenantMessage('check-path', 'shop', 'blog')
export class PathController {
  @SetVar('allowed', { scope: 'transaction' })
  handle(@Path() path: string): boolean {
    return !path.startsWith('/admin');
  }
}
