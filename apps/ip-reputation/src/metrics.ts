import { Counter, Gauge, type Registry } from 'prom-client';
import type { ReputationService } from './service/reputation-service.ts';

/** Adds what the framework cannot know: the state of the table. It is read when somebody asks. */
export function addMetrics(registry: Registry, reputation: ReputationService): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  };
  gauge('ip_reputation_entries', 'Entries in memory', () => reputation.counts.entries);
  gauge('ip_reputation_lists', 'Lists that have entries', () => reputation.counts.lists.size);
  gauge('ip_reputation_database_connected', '1 while changes of the database arrive, else 0', () =>
    reputation.connected ? 1 : 0,
  );
  gauge(
    'ip_reputation_synchronized_timestamp_seconds',
    'When the table was last as the database; 0: never',
    () => reputation.synchronizedAt / 1000,
  );
  new Counter({
    name: 'ip_reputation_lookups_total',
    help: 'Addresses that were looked up, by whether they are in a list',
    labelNames: ['result'],
    registers,
    collect() {
      const { listed, unlisted } = reputation.lookups;
      this.reset();
      this.inc({ result: 'listed' }, listed);
      this.inc({ result: 'unlisted' }, unlisted);
    },
  });
}
