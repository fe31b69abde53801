import { randomUUID } from "node:crypto";
import type { ServiceEvent } from "@aws-sdk/client-ecs";

/** AWS keeps the last 100 events of a service. */
const kept = 100;

/** What a service tells of itself, the newest first. */
export class ServiceEvents {
  readonly list: ServiceEvent[] = [];
  #service: string;

  constructor(service: string) {
    this.#service = service;
  }

  add(createdAt: Date, message: string): void {
    this.list.unshift({ id: randomUUID(), createdAt, message: `(service ${this.#service}) ${message}` });
    this.list.length = Math.min(this.list.length, kept);
  }
}
