import type { RequestListener } from 'node:http';
import type { Class, DynamicModule, SpoaApplication, SpoaApplicationSettings } from '@spoa/framework';
import {
  type AgentDefinition,
  describeAgent,
  type HaproxyVersion,
  serverAt,
  type TimeoutDescription,
} from '@spoa/framework/haproxy';
import { showOnFailure } from '../haproxy/show-on-failure.ts';
import { type StartHaproxyOptions, startHaproxy } from '../haproxy/start.ts';
import { moduleOf, type TestingModuleOptions } from '../module/test.ts';
import { TestingApplication } from '../module/testing-application.ts';
import { type ConfigurationOptions, frontConfiguration } from './configuration.ts';
import { Origin } from './origin.ts';
import { endAll, TestingHaproxy } from './testing-haproxy.ts';

/** What stands behind HAProxy, and what is in front. What stands behind is said in one of four ways. */
export interface CreateHaproxyOptions
  extends TestingModuleOptions,
    ConfigurationOptions,
    Pick<StartHaproxyOptions, 'env' | 'onLogLine' | 'startTimeoutMs'> {
  readonly version: HaproxyVersion;
  /** Instead of `controllers`, `imports` and `providers`: a module. */
  readonly module?: Class | DynamicModule;
  /** Instead of those: an agent as `spoa config` takes it. Its servers are left out: the application listens where there is room. */
  readonly agent?: AgentDefinition;
  /**
   * Instead of those: an application that is there, such as one with overrides. It is closed by who has made it. For one that is
   * no `TestingApplication`, `agent` or `module` say what it is made of.
   */
  readonly application?: TestingApplication | SpoaApplication;
  /** The engine's name. @default that of `agent`, or `test` */
  readonly engine?: string;
  /** What HAProxy puts before the variables' names. @default that of `agent`, or the engine */
  readonly variablePrefix?: string;
  /** @default those of `agent`, or 5 seconds and what the longest deadline takes: a test machine may be busy */
  readonly timeouts?: TimeoutDescription;
  /** What answers behind HAProxy. @default 200 with the text `origin` */
  readonly origin?: RequestListener;
  /** The test runner's: configuration, log and failures are shown when the test fails. */
  readonly onTestFailed?: (handler: () => void) => void;
}

/**
 * Starts an application and a real HAProxy in front of it, whose configuration is generated from the controllers.
 *
 * @throws BootError; HaproxyConfigError for what cannot be generated; what `startHaproxy` throws, with the configuration
 *
 * @example
 * await using haproxy = await createHaproxy({ version: '3.2', controllers: [BotController] });
 * const { status, variables } = await haproxy.get('/', { headers: { 'user-agent': 'curl' } });
 */
export async function createHaproxy(options: CreateHaproxyOptions): Promise<TestingHaproxy> {
  const { version, engine, variablePrefix, onTestFailed, env, onLogLine, startTimeoutMs } = options;
  const resources: AsyncDisposable[] = [];
  const keep = <T extends AsyncDisposable>(resource: T): T => {
    resources.push(resource);
    return resource;
  };
  try {
    const { definition, application } = await behind(options, keep);
    const described = await describeAgent(definition);
    const address = await application.listen({ port: 0 });
    const timeouts = options.timeouts ?? definition.timeouts ?? patient(described.messages);
    const description = {
      ...described,
      servers: [serverAt(address)],
      timeouts,
      ...(engine !== undefined && { engine }),
      ...(variablePrefix !== undefined && { variablePrefix }),
    };
    const origin = keep(await Origin.start(options.origin));
    const { config, files, reader } = frontConfiguration(description, version, origin.port, options);
    const haproxy = keep(
      await startHaproxy({
        version,
        config,
        files,
        ...(env && { env }),
        ...(onLogLine && { onLogLine }),
        ...(startTimeoutMs !== undefined && { startTimeoutMs }),
      }),
    );
    const testing = new TestingHaproxy({ haproxy, application, reader, resources });
    if (onTestFailed !== undefined) showOnFailure(testing, onTestFailed);
    return testing;
  } catch (error) {
    // What failed first is what is told.
    await endAll(resources).catch(() => undefined);
    throw error;
  }
}

interface Behind {
  readonly definition: AgentDefinition;
  readonly application: TestingApplication | SpoaApplication;
}

/** What HAProxy is put in front of, and what is known of it. What is made for it is kept, to be ended with HAProxy. */
async function behind(
  options: CreateHaproxyOptions,
  keep: <T extends AsyncDisposable>(resource: T) => T,
): Promise<Behind> {
  const { application, agent, settings, module } = partsOf(options);
  const { failurePolicy, maxFrameSize } = settings;
  const definition = {
    engine: 'test',
    ...(failurePolicy && { failurePolicy }),
    ...(maxFrameSize !== undefined && { maxFrameSize }),
    ...agent,
    module,
  };
  if (application !== undefined) return { definition, application };
  const own = {
    ...(definition.failurePolicy && { failurePolicy: definition.failurePolicy }),
    ...(definition.maxFrameSize !== undefined && { maxFrameSize: definition.maxFrameSize }),
  };
  // Without a connection of the test's: what is counted of connections is HAProxy's.
  return { definition, application: keep(await TestingApplication.start(module, { ...settings, ...own }, false)) };
}

interface GivenParts {
  readonly application: TestingApplication | SpoaApplication | undefined;
  readonly agent: AgentDefinition | undefined;
  readonly module: Class | DynamicModule;
  readonly settings: SpoaApplicationSettings;
}

function partsOf(options: CreateHaproxyOptions): GivenParts {
  const { application, agent, module: given } = options;
  if (application instanceof TestingApplication) {
    const { module, settings } = application;
    return { application, agent, module, settings };
  }
  const { module: listed, settings } = moduleOf(settingsOf(options));
  const module = agent?.module ?? given ?? listed;
  if (module === listed && options.controllers === undefined && options.imports === undefined) {
    throw new TypeError('createHaproxy: say what stands behind HAProxy: controllers, module, agent or application');
  }
  return { application, agent, module, settings };
}

/** What is left is the application's own. */
function settingsOf({
  version: _version,
  module: _module,
  agent: _agent,
  application: _application,
  engine: _engine,
  variablePrefix: _variablePrefix,
  timeouts: _timeouts,
  origin: _origin,
  onTestFailed: _onTestFailed,
  env: _env,
  onLogLine: _onLogLine,
  startTimeoutMs: _startTimeoutMs,
  frontend: _frontend,
  global: _global,
  variables: _variables,
  ...settings
}: CreateHaproxyOptions): TestingModuleOptions {
  return settings;
}

const PATIENCE_MS = 5000;

function patient(messages: readonly { readonly deadlineMs?: number }[]): TimeoutDescription {
  return { processingMs: PATIENCE_MS + Math.max(0, ...messages.map(({ deadlineMs = 0 }) => deadlineMs)) };
}
