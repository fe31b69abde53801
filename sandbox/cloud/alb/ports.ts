/** Ports of this machine for listeners and tasks. */
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Below what Linux and macOS give to outgoing connections: a port that is free when chosen and listened on a moment later
 * must not become some connection's own end in between.
 */
const firstPort = 20_000;
const lastPort = 31_999;
const wellKnownPorts = { first: 8080, last: 8179 };

export class Ports {
  #taken = new Set<number>();
  #wellKnown: boolean;

  /** `wellKnown`: listeners get ports upward from 8080 rather than random ones. */
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
    for (let attempt = 0; attempt < 1000; attempt++) {
      const port = randomInt(firstPort, lastPort + 1);
      if (await this.#reserve(port)) return port;
    }
    throw new Error(`No port between ${firstPort} and ${lastPort} of 127.0.0.1 is free`);
  }

  release(port: number): void {
    this.#taken.delete(port);
  }

  async #reserve(port: number): Promise<boolean> {
    if (this.#taken.has(port)) return false;
    this.#taken.add(port);
    if (await canListen(port)) return true;
    this.#taken.delete(port);
    return false;
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
