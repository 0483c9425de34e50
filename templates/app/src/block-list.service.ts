import * as net from 'node:net';
import { Injectable, type IpAddress } from '@spoa/framework';

/** Networks that are not let in, in memory: a look-up takes no time that anybody would wait for. */
@Injectable()
export class BlockList {
  readonly #networks = new net.BlockList();

  constructor() {
    // To try it: on Linux `curl --interface 127.0.0.66` comes from there.
    this.add('127.0.0.66', 32);
  }

  /** @param bits how many leading bits of the address make the network: 32 is one IPv4 address */
  add(address: string, bits: number): void {
    this.#networks.addSubnet(address, bits, address.includes(':') ? 'ipv6' : 'ipv4');
  }

  has(ip: IpAddress): boolean {
    return this.#networks.check(ip.toString(), ip.family === 6 ? 'ipv6' : 'ipv4');
  }
}
