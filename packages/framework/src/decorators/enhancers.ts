import { FrameworkError } from '../errors.ts';
import { describeMember, HANDLE, MetadataKey } from '../metadata.ts';
import type {
  EnhancerKind,
  EnhancerOptions,
  UsedFilter,
  UsedGuard,
  UsedInterceptor,
  UsedPipe,
} from '../pipeline/enhancer.ts';

const USED = {
  guards: new MetadataKey<readonly unknown[]>('guards'),
  interceptors: new MetadataKey<readonly unknown[]>('interceptors'),
  pipes: new MetadataKey<readonly unknown[]>('pipes'),
  filters: new MetadataKey<readonly unknown[]>('filters'),
} as const satisfies Record<keyof EnhancerOptions, unknown>;

/** What decorators on the class, or on one that it extends, say. */
export function usedByClass(target: object, kind: EnhancerKind): readonly unknown[] {
  return USED[kind].ofClass(target) ?? [];
}

export function usedByMethod(prototype: object, kind: EnhancerKind): readonly unknown[] {
  return USED[kind].ofMethod(prototype, HANDLE) ?? [];
}

/** Stands on a controller or on its method. */
type UseDecorator = (target: object, method?: string | symbol) => void;

function use(name: string, kind: EnhancerKind, entries: readonly unknown[]): UseDecorator {
  return (target, method) => {
    const isClass = typeof target === 'function';
    if (method === undefined && isClass) {
      USED[kind].setOnClass(target, [...usedByClass(target, kind), ...entries]);
    } else if (method === HANDLE && !isClass) {
      USED[kind].setOnMethod(target, method, [...usedByMethod(target, kind), ...entries]);
    } else {
      const problem = `@${name} stands on ${describeMember(target, method)}: it belongs on a controller or its method handle`;
      throw new FrameworkError('SPOA_DECORATOR_MISUSED', problem);
    }
  };
}

/** Guards say whether a message may pass: in this order, those of the application and of the class before those of the method. */
export function UseGuards(...guards: readonly UsedGuard[]): UseDecorator {
  return use('UseGuards', 'guards', guards);
}

/** Interceptors stand around the handler, the first outermost. */
export function UseInterceptors(...interceptors: readonly UsedInterceptor[]): UseDecorator {
  return use('UseInterceptors', 'interceptors', interceptors);
}

/** Pipes, or schemas, transform and check each argument of the message, before those of the single argument. */
export function UsePipes(...pipes: readonly UsedPipe[]): UseDecorator {
  return use('UsePipes', 'pipes', pipes);
}

/** Exception filters answer what was thrown: the first that is for the error, those of the method before those of the class. */
export function UseFilters(...filters: readonly UsedFilter[]): UseDecorator {
  return use('UseFilters', 'filters', filters);
}
