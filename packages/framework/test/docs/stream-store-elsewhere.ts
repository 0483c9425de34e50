import { StreamStore } from '@spoa/framework';

/** What the store needs of a database. */
export interface Table {
  read(id: string): Promise<string | undefined>;
  write(id: string, value: string, ttlMs: number): Promise<void>;
  remove(id: string): Promise<string | undefined>;
  count(): Promise<number>;
}

export class TableStreamStore<T> extends StreamStore<T> {
  constructor(private readonly table: Table) {
    super();
  }

  async get(id: string): Promise<T | undefined> {
    return parsed<T>(await this.table.read(id));
  }

  async set(id: string, value: T): Promise<void> {
    await this.table.write(id, JSON.stringify(value), 60_000);
  }

  async take(id: string): Promise<T | undefined> {
    return parsed<T>(await this.table.remove(id));
  }

  async delete(id: string): Promise<boolean> {
    return (await this.table.remove(id)) !== undefined;
  }

  get size(): Promise<number> {
    return this.table.count();
  }
}

function parsed<T>(text: string | undefined): T | undefined {
  return text === undefined ? undefined : (JSON.parse(text) as T);
}
