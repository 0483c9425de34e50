import { describe, expect, test } from 'vitest';
import type { LoadConfigOptions } from '../../src/config/index.ts';
import type { AgentDefinition, AgentDescription } from '../../src/haproxy/index.ts';
import type { FailurePolicy, MemoryStreamStoreOptions } from '../../src/index.ts';
import type { ObservabilityOptions } from '../../src/observability/index.ts';
import { readPage } from './support/pages.ts';

/** Every option, by the page that has it: the compiler finds one that is new. */
const OPTIONS: Readonly<Record<string, Readonly<Record<string, true>>>> = {
  'haproxy-configuration': {
    engine: true,
    module: true,
    messages: true,
    failurePolicy: true,
    servers: true,
    variablePrefix: true,
    maxFrameSize: true,
    timeouts: true,
  } satisfies Record<keyof AgentDefinition | keyof AgentDescription, true>,
  timeouts: {
    processingMs: true,
    connectMs: true,
    idleMs: true,
  } satisfies Record<keyof NonNullable<AgentDefinition['timeouts']>, true>,
  tls: {
    caFile: true,
    serverName: true,
    certificateFile: true,
    verify: true,
  } satisfies Record<keyof NonNullable<NonNullable<AgentDefinition['servers']>[number]['tls']>, true>,
  configuration: {
    schema: true,
    file: true,
    envFile: true,
    env: true,
    envPrefix: true,
    argv: true,
    secrets: true,
    variables: true,
  } satisfies Record<keyof LoadConfigOptions<never>, true>,
  'failure-policy': { fallback: true, deadlineMs: true, onError: true, errorVar: true } satisfies Record<
    keyof FailurePolicy,
    true
  >,
  metrics: { admin: true, tracing: true, version: true } satisfies Record<keyof ObservabilityOptions, true>,
  'stream-store': { maxEntries: true, ttlMs: true } satisfies Record<keyof MemoryStreamStoreOptions, true>,
};

/** The page where the name of the options is not that of a page. */
const PAGE_OF: Readonly<Record<string, string>> = { timeouts: 'haproxy-configuration', tls: 'haproxy-configuration' };

describe.each(Object.entries(OPTIONS))('%s', (name, options) => {
  test.each(Object.keys(options))('says what %s is', async (option) => {
    const page = await readPage(PAGE_OF[name] ?? name);
    expect(page).toMatch(new RegExp(`[\` {.]${option}[\`:.]`));
  });
});
