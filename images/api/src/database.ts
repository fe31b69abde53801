import pg from "pg";
import { log, messageOf, requiredEnv } from "../../base/src/environment.ts";

/** A pool whose TLS is always verified: trusted are Node's own authorities and those in NODE_EXTRA_CA_CERTS. */
export function createPool(): pg.Pool {
  const pool = new pg.Pool({
    host: requiredEnv("DATABASE_HOST"),
    port: Number(process.env["DATABASE_PORT"] ?? 5432),
    database: requiredEnv("DATABASE_NAME"),
    user: requiredEnv("DATABASE_USER"),
    password: requiredEnv("DATABASE_PASSWORD"),
    ssl: { rejectUnauthorized: true },
    max: Number(process.env["DATABASE_POOL_SIZE"] ?? 5),
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
    application_name: `api ${process.env["VERSION"] ?? ""}`.trim(),
  });
  pool.on("error", (error) => log("warn", "an idle database connection broke", { error: messageOf(error) }));
  return pool;
}

/** Runs a statement; on a broken connection once more on a new one, so it must be harmless to run twice. */
export async function query<Row extends pg.QueryResultRow>(
  pool: pg.Pool,
  text: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  try {
    return (await pool.query<Row>(text, [...values])).rows;
  } catch (error) {
    if (!isBrokenConnection(error)) throw error;
    log("warn", "a database connection broke: trying once more", { error: messageOf(error) });
    return (await pool.query<Row>(text, [...values])).rows;
  }
}

/** Codes of PostgreSQL's class 08 and 57P (Appendix A, "Error Codes") and of Node's sockets. */
const brokenConnectionCodes = new Set(["57P01", "57P02", "57P03", "ECONNRESET", "ECONNREFUSED", "EPIPE", "ETIMEDOUT"]);

export function isBrokenConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return brokenConnectionCodes.has(code) || code.startsWith("08") || error.message.startsWith("Connection terminated");
}
