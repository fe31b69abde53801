/** Ports of this machine for listeners: well-known ones upward from 8080, or any free one. */
import { createServer } from "node:net";

export class Ports {
  #taken = new Set<number>();
  #wellKnown: boolean;

  constructor(wellKnown: boolean) {
    this.#wellKnown = wellKnown;
  }

  /** Reserves a port nobody listens on. */
  async take(): Promise<number> {
    if (!this.#wellKnown) return this.#reserve(await freePort(0));
    for (let port = 8080; port < 8180; port++) {
      if (this.#taken.has(port)) continue;
      this.#taken.add(port);
      if ((await freePort(port).catch(() => undefined)) !== undefined) return port;
      this.#taken.delete(port);
    }
    return this.#reserve(await freePort(0));
  }

  release(port: number): void {
    this.#taken.delete(port);
  }

  async #reserve(port: number): Promise<number> {
    if (this.#taken.has(port)) return this.take();
    this.#taken.add(port);
    return port;
  }
}

/** A port that could be bound a moment ago; rejects when the given one cannot. */
export function freePort(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(wanted, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : wanted));
    });
  });
}
