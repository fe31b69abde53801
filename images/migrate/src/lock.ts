import { setTimeout as delay } from "node:timers/promises";
import type pg from "pg";
import { MigrateError } from "./request.ts";

/** One number for every migration runner of a database: the ASCII codes of "switch". */
const lockKey = "126943965782888";

/**
 * Runs `work` while this session holds the advisory lock, waiting for it until `deadline`. It asks again and again
 * instead of waiting inside PostgreSQL: CREATE INDEX CONCURRENTLY waits for every open snapshot, a blocked
 * `pg_advisory_lock` has one, and the two would wait for each other.
 */
export async function withLock<T>(client: pg.Client, deadline: number, work: () => Promise<T>): Promise<T> {
  for (let wait = 20; !(await tryLock(client)); wait = Math.min(wait * 2, 1_000)) {
    if (Date.now() >= deadline) {
      throw new MigrateError(
        "LockTimeout",
        "another migration run holds the lock. Wait for it to end, then run this again",
      );
    }
    await delay(wait * (0.5 + Math.random() / 2));
  }
  try {
    return await work();
  } finally {
    await client.query("SELECT pg_advisory_unlock($1)", [lockKey]).catch(() => {});
  }
}

async function tryLock(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query("SELECT pg_try_advisory_lock($1) AS locked", [lockKey]);
  return rows[0].locked;
}
