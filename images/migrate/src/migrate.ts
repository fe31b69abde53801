import { randomUUID } from "node:crypto";
import { join } from "node:path";
import pg from "pg";
import { log, messageOf, requiredEnv } from "../../base/src/environment.ts";
import { serveInvocations } from "../../base/src/lambda.ts";
import { failureFields } from "./failure.ts";
import { readMigrations } from "./files.ts";
import {
  type MigrateAnswer,
  MigrateError,
  type MigrateRequest,
  parseRequest,
  type RowsAnswer,
  type WritesAnswer,
} from "./request.ts";
import { migrate } from "./runner.ts";
import { readSecret, secretField } from "./secrets.ts";
import { countRows, setWrites } from "./writes.ts";

/** How long a one-off task waits for another run: as long as a Lambda function may take at most. */
const longestRunMs = 15 * 60_000;
const lockTimeoutMs = 5_000;
/** Time kept to answer before the function is cut off. */
const answerMs = 2_000;

async function handle(input: unknown, deadline: number): Promise<MigrateAnswer | WritesAnswer | RowsAnswer> {
  const request = parseRequest(input);
  const files = await readMigrations(process.env["MIGRATIONS_DIR"] ?? join(import.meta.dirname, "migrations"));
  const master = await readSecret("MASTER");
  const appPassword = secretField(await readSecret("APP"), "password", "APP_SECRET_ARN");
  const connection: pg.ClientConfig = {
    host: requiredEnv("DATABASE_HOST"),
    port: Number(process.env["DATABASE_PORT"] ?? 5432),
    database: requiredEnv("DATABASE_NAME"),
    user: secretField(master, "username", "MASTER_SECRET_ARN"),
    password: secretField(master, "password", "MASTER_SECRET_ARN"),
    ssl: { rejectUnauthorized: true },
    connectionTimeoutMillis: 10_000,
    application_name: "migrate",
    // A master user named like a schema would have its tables created there (PostgreSQL's default path begins with "$user").
    // A function that is cut off must not leave its locks in a transaction that nobody ends.
    options: "-c search_path=public -c idle_in_transaction_session_timeout=60s -c tcp_keepalives_idle=60",
  };
  const connect = async () => {
    const client = new pg.Client(connection);
    client.on("error", (error) => log("warn", "the database connection broke", { error: messageOf(error) }));
    await client.connect();
    return client;
  };
  if (request.action === "writes") return setWrites(request, { connect, deadline });
  if (request.action === "rows") return countRows({ connect });
  return migrate(request, { connect, files, appPassword, deadline, lockTimeoutMs, log });
}

/** One run as a task: the request is the first argument; without one it applies the expand migrations. */
async function runOnce(argument: string | undefined): Promise<void> {
  const request: MigrateRequest = { action: "apply", phase: "expand", runId: randomUUID() };
  try {
    const answer = await handle(argument === undefined ? request : parseJson(argument), Date.now() + longestRunMs);
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  } catch (error) {
    log("error", messageOf(error), { type: error instanceof Error ? error.name : "Error", ...failureFields(error) });
    process.exitCode = 1;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MigrateError("InvalidRequest", `the argument is not JSON: ${text}`, { cause });
  }
}

const runtimeApi = process.env["AWS_LAMBDA_RUNTIME_API"];
if (runtimeApi === undefined) await runOnce(process.argv[2]);
else await serveInvocations(runtimeApi, ({ event, deadline }) => handle(event, deadline - answerMs), failureFields);
