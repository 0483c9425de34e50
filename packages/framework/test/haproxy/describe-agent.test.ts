import { describe, expect, test } from 'vitest';
import { type AgentDefinition, describeAgent, generate } from '../../src/haproxy/index.ts';
import { Arg, BootError, Injectable, IpAddress, Module, SetVar, SpoeMessage } from '../../src/index.ts';

let made = 0;

@Injectable()
class Scores {
  constructor() {
    made++;
  }

  of(ip: IpAddress): number {
    return ip.toString().length;
  }
}

@SpoeMessage('score', { event: 'on-frontend-http-request' })
class ScoreController {
  constructor(private readonly scores: Scores) {}

  @SetVar('score', { scope: 'session' })
  handle(@Arg('ip', { sample: 'src' }) ip: IpAddress): number {
    return this.scores.of(ip);
  }
}

@Module({ controllers: [ScoreController], providers: [Scores] })
class ScoreModule {}

@Module({ imports: [ScoreModule] })
class AppModule {}

const AGENT: AgentDefinition = {
  engine: 'scores',
  module: AppModule,
  failurePolicy: { fallback: { session: { score: 0 } }, deadlineMs: 20 },
  servers: [{ host: '127.0.0.1', port: 12345 }],
};

describe('describeAgent', () => {
  test("takes the controllers of imported modules and the application's failure policy", async () => {
    const described = await describeAgent(AGENT);
    expect(described).toMatchObject({
      engine: 'scores',
      messages: [{ name: 'score', deadlineMs: 20, variables: [{ scope: 'session', name: 'score' }] }],
      servers: [{ host: '127.0.0.1', port: 12345 }],
    });
    expect(generate(described, '3.2').files['spoe.conf']).toContain('timeout processing 70ms');
  });

  test('makes nothing of it', async () => {
    await describeAgent(AGENT);
    expect(made).toBe(0);
  });

  test('a module that cannot be read is a boot error', async () => {
    @Module({ imports: [undefined as never] })
    class BrokenModule {}
    await expect(describeAgent({ ...AGENT, module: BrokenModule })).rejects.toThrow(BootError);
  });
});
