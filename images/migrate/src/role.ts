import type pg from "pg";
import { scramVerifier } from "./scram.ts";

/** The role the application connects as: it reads and writes rows, and owns nothing. */
const role = "app";

/** Makes sure the role exists with this password. Everything else about it is the migrations' to change. */
export async function ensureAppRole(client: pg.Client, password: string): Promise<void> {
  const { rowCount } = await client.query("SELECT FROM pg_roles WHERE rolname = $1", [role]);
  const verifier = client.escapeLiteral(scramVerifier(password));
  await client.query(rowCount === 0 ? `CREATE ROLE ${role} LOGIN PASSWORD ${verifier}` : alter(verifier));
  await giveRightsOnce(client);
}

const alter = (verifier: string) => `ALTER ROLE ${role} PASSWORD ${verifier}`;

/**
 * Rights on what there is, and default privileges for what the migrations will make: once in a database's life, so that
 * what a migration takes away stays away.
 */
async function giveRightsOnce(client: pg.Client): Promise<void> {
  await client.query("BEGIN");
  try {
    const { rows } = await client.query("SELECT EXISTS (SELECT FROM switchyard.rights WHERE role = $1) AS given", [
      role,
    ]);
    if (!rows[0].given) {
      // An earlier version of the runner gave them before each run, without a record of it.
      const { rows: earlier } = await client.query(
        "SELECT EXISTS (SELECT FROM switchyard.migrations) OR EXISTS (SELECT FROM switchyard.runs) AS runs",
      );
      if (!earlier[0].runs) await client.query(grants);
      await client.query("INSERT INTO switchyard.rights (role) VALUES ($1)", [role]);
    }
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

const grants = `
  GRANT USAGE ON SCHEMA public TO ${role};
  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role};
  GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO ${role};
  ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${role};
  ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO ${role};`;
