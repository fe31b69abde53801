/** The last requests through every load balancer, for tests and for looking: `GET /_switchyard/requests`. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestRecord } from "../alb/listener.ts";

const kept = 10_000;
const filters = ["loadBalancer", "targetGroup", "target", "method", "path", "status"] as const;

export class RequestLog {
  #ring: RequestRecord[] = [];
  #next = 0;

  add(request: RequestRecord): void {
    this.#ring[this.#next] = request;
    this.#next = (this.#next + 1) % kept;
  }

  /** Oldest first. */
  all(): RequestRecord[] {
    return [...this.#ring.slice(this.#next), ...this.#ring.slice(0, this.#next)];
  }

  clear(): void {
    this.#ring = [];
    this.#next = 0;
  }

  /** Query parameters: any member of a record, `since` (milliseconds since 1970), `limit` (the newest so many). */
  serve(request: IncomingMessage, response: ServerResponse): void {
    const query = new URL(request.url ?? "/", "http://127.0.0.1").searchParams;
    const since = Number(query.get("since") ?? 0);
    const found = this.all().filter(
      (record) =>
        record.at >= since &&
        filters.every((name) => !query.has(name) || String(record[name] ?? "") === query.get(name)),
    );
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(found.slice(-Number(query.get("limit") ?? kept))));
  }
}
