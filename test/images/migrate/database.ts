import type pg from "pg";
import type { MigrationFile } from "../../../images/migrate/src/files.ts";
import type {
  MigrateAnswer,
  Phase,
  RowsAnswer,
  WritesAnswer,
  WritesRequest,
} from "../../../images/migrate/src/request.ts";
import { migrate } from "../../../images/migrate/src/runner.ts";
import { countRows, setWrites } from "../../../images/migrate/src/writes.ts";
import { afterAllSuites } from "../../support/after-all-suites.ts";
import { startPostgres, type TestPostgres } from "../postgres.ts";

export interface TestDatabase {
  connect(): Promise<pg.Client>;
  /** A session of the role the services connect as. */
  connectApp(password?: string): Promise<pg.Client>;
  apply(
    files: readonly MigrationFile[],
    options?: { runId?: string; phase?: Phase; waitMs?: number; log?: Parameters<typeof migrate>[1]["log"] },
  ): Promise<MigrateAnswer>;
  status(files: readonly MigrationFile[]): Promise<MigrateAnswer>;
  writes(request: { to: WritesRequest["to"]; unlessWritten?: boolean }, waitMs?: number): Promise<WritesAnswer>;
  rows(): Promise<RowsAnswer["rows"]>;
  /** The application's tables, by name. */
  tables(): Promise<string[]>;
}

export const appPassword = "app's password";

let started: Promise<TestPostgres> | undefined;

/** A database of its own for each test of the suite it is called in, on one real PostgreSQL of the whole process. */
export function useDatabase(): TestDatabase {
  let postgres: TestPostgres;
  let database: string;
  const clients: pg.Client[] = [];

  before("start PostgreSQL", async function () {
    started ??= startPostgres();
    postgres = await started;
    afterAllSuites(this, "stop PostgreSQL", () => postgres.stop());
  });
  beforeEach(async () => {
    database = await postgres.createDatabase();
  });
  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.end().catch(() => {})));
  });

  async function connect(user?: { user: string; password: string }): Promise<pg.Client> {
    const client = await postgres.connect(database, user);
    client.on("error", () => {});
    clients.push(client);
    return client;
  }

  const run = { connect: () => connect(), lockTimeoutMs: 200, log: () => {} };
  return {
    connect: () => connect(),
    connectApp: (password = appPassword) => connect({ user: "app", password }),
    apply(files, { phase = "expand", runId = "run-1", waitMs = 20_000, log = run.log } = {}) {
      const request = { action: "apply", phase, runId } as const;
      return migrate(request, { ...run, log, files, appPassword, deadline: Date.now() + waitMs });
    },
    status: (files) => migrate({ action: "status" }, { ...run, files, appPassword: "", deadline: 0 }),
    writes: ({ to, unlessWritten = false }, waitMs = 20_000) =>
      setWrites(to === "refused" ? { action: "writes", to, unlessWritten } : { action: "writes", to }, {
        connect: run.connect,
        deadline: Date.now() + waitMs,
      }),
    rows: async () => (await countRows(run)).rows,
    async tables() {
      const { rows } = await (await connect()).query("SELECT tablename FROM pg_tables WHERE schemaname = 'public'");
      return rows.map(({ tablename }) => tablename);
    },
  };
}
