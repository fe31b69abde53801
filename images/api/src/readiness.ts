import type pg from "pg";
import { log, messageOf } from "../../base/src/environment.ts";
import { checkSchema } from "./notes.ts";

export interface Health {
  readonly status: 200 | 503;
  readonly body: { readonly ready: boolean; readonly database: string };
}

/**
 * A task is not ready until the database has answered with the schema this version needs. From then on the check is
 * about the task alone: were all tasks to fail it whenever the database restarts, they would all be replaced, which
 * makes an outage longer (Amazon Builders' Library, "Implementing health checks"). The body tells the whole truth.
 */
export class Readiness {
  private readonly pool: pg.Pool;
  private ready = false;
  private lastFailure = "";

  constructor(pool: pg.Pool) {
    this.pool = pool;
  }

  async check(): Promise<Health> {
    try {
      await checkSchema(this.pool);
      if (!this.ready || this.lastFailure !== "") log("info", "ready: the database answers with the schema expected");
      this.ready = true;
      this.lastFailure = "";
      return { status: 200, body: { ready: true, database: "ok" } };
    } catch (error) {
      const failure = messageOf(error);
      if (failure !== this.lastFailure) this.report(failure);
      this.lastFailure = failure;
      return { status: this.ready ? 200 : 503, body: { ready: this.ready, database: failure } };
    }
  }

  private report(error: string): void {
    if (this.ready) log("warn", "the database does not answer", { error });
    else log("error", "not ready: notes cannot be read from the database", { error });
  }
}
