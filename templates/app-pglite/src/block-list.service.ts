import { Injectable, type IpAddress } from '@spoa/framework';
import { Database } from './database/database.ts';

/** Networks that are not let in: the table `blocked_network`. */
@Injectable()
export class BlockList {
  constructor(private readonly database: Database) {}

  /** @param network an address, or one with how many of its leading bits count: `192.0.2.0/24` */
  async add(network: string, reason: string): Promise<void> {
    await this.database.query(
      'INSERT INTO blocked_network (network, reason) VALUES ($1, $2) ON CONFLICT (network) DO UPDATE SET reason = $2',
      [network, reason],
    );
  }

  async has(ip: IpAddress): Promise<boolean> {
    const sql = 'SELECT 1 FROM blocked_network WHERE network >>= $1::inet LIMIT 1';
    return (await this.database.query(sql, [ip.unmapped.toString()])).length > 0;
  }
}
