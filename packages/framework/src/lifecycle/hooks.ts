/** A provider, a controller or a module that has something to do before the application serves. */
export interface OnModuleInit {
  /** Called when everything is made, after that of all that it depends on. A failure stops the start. */
  onModuleInit(): unknown;
}

export interface OnApplicationBootstrap {
  /** Called when each `onModuleInit` is done, and before the application listens. A failure stops the start. */
  onApplicationBootstrap(): unknown;
}

export interface BeforeShutdown {
  /**
   * Called before connections are drained, and before that of all that it depends on: messages still come and are answered.
   *
   * @param signal what ended the application, where a signal did: see `enableShutdownHooks`
   */
  beforeShutdown(signal?: NodeJS.Signals): unknown;
}

export interface OnShutdown {
  /** Called when the last message is answered, before anything is disposed. */
  onShutdown(signal?: NodeJS.Signals): unknown;
}

/** All hooks, in the order of their calls. */
export const HOOKS = ['onModuleInit', 'onApplicationBootstrap', 'beforeShutdown', 'onShutdown'] as const;

export type Hook = (typeof HOOKS)[number];

export const BOOT_HOOKS = ['onModuleInit', 'onApplicationBootstrap'] as const satisfies Hook[];

/** The hooks that a class has. */
export function hooksOf(prototype: object): Hook[] {
  return HOOKS.filter((hook) => typeof (prototype as Partial<Record<Hook, unknown>>)[hook] === 'function');
}

/** What NestJS calls hooks that have another name here, and that name. */
const HOOKS_OF_NESTJS = {
  onModuleDestroy: 'beforeShutdown',
  beforeApplicationShutdown: 'beforeShutdown',
  onApplicationShutdown: 'onShutdown',
} as const satisfies Record<string, Hook>;

/** The hooks that a class has by the names of NestJS alone, with the names that are called here. */
export function strangeHooksOf(prototype: object): { readonly name: string; readonly hook: Hook }[] {
  const own = hooksOf(prototype);
  return Object.entries(HOOKS_OF_NESTJS).flatMap(([name, hook]) => {
    const isMethod = typeof (prototype as Record<string, unknown>)[name] === 'function';
    return isMethod && !own.includes(hook) ? [{ name, hook }] : [];
  });
}
