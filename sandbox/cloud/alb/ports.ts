/** Ports of this machine for listeners and tasks. */
import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";

/**
 * Below what Linux and macOS give to outgoing connections: a port that is free when chosen and listened on a moment later
 * must not become some connection's own end in between.
 */
const firstPort = 20_000;
const blockSize = 200;
const blocks = 60;
const wellKnownPorts = { first: 8080, last: 8179 };

export class Ports {
  #taken = new Set<number>();
  #wellKnown: boolean;
  /** Servers that listen on the first port of a block: no other cloud of this machine takes ports of it meanwhile. */
  #claims: Server[] = [];
  /** In the order in which they are tried next: a port that was released is taken again as late as possible. */
  #free: number[] = [];
  #claiming: Promise<void> | undefined;

  /** `wellKnown`: listeners get ports upward from 8080 rather than of a block. */
  constructor(wellKnown: boolean) {
    this.#wellKnown = wellKnown;
  }

  async takeForListener(): Promise<number> {
    if (this.#wellKnown) {
      for (let port = wellKnownPorts.first; port <= wellKnownPorts.last; port++) {
        if (await this.#reserve(port)) return port;
      }
    }
    return this.take();
  }

  /** Reserves a port nobody listens on, until it is released. */
  async take(): Promise<number> {
    for (;;) {
      const port = this.#free.shift();
      if (port === undefined) await this.#claimMore();
      else if (await this.#reserve(port)) return port;
    }
  }

  release(port: number): void {
    if (this.#taken.delete(port) && port >= firstPort) this.#free.push(port);
  }

  /** Leaves its blocks to others. */
  close(): void {
    for (const claim of this.#claims.splice(0)) claim.close();
    this.#free = [];
    this.#taken.clear();
  }

  async #reserve(port: number): Promise<boolean> {
    if (this.#taken.has(port)) return false;
    this.#taken.add(port);
    const probe = await listenOn(port);
    if (probe !== undefined) await new Promise((closed) => probe.close(closed));
    else this.#taken.delete(port);
    return probe !== undefined;
  }

  /** One block, however many wait for it. */
  #claimMore(): Promise<void> {
    this.#claiming ??= this.#claimBlock().finally(() => {
      this.#claiming = undefined;
    });
    return this.#claiming;
  }

  async #claimBlock(): Promise<void> {
    const start = randomInt(blocks);
    for (let i = 0; i < blocks; i++) {
      const first = firstPort + ((start + i) % blocks) * blockSize;
      const claim = await listenOn(first);
      if (claim === undefined) continue;
      claim.unref();
      this.#claims.push(claim);
      this.#free.push(...Array.from({ length: blockSize - 1 }, (_, offset) => first + 1 + offset));
      return;
    }
    const last = firstPort + blocks * blockSize - 1;
    throw new Error(`Each of ${blocks} blocks of ports between ${firstPort} and ${last} of 127.0.0.1 is in use`);
  }
}

function listenOn(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(undefined));
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
