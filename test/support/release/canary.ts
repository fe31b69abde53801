import { readRelease } from "../../../automation/ledger/release.ts";
import { liveVersion } from "./converged.ts";
import { type ReleaseSandbox, stack } from "./sandbox.ts";

export interface Canary {
  /** The version that serves before it. */
  readonly live: string;
  /** The version it brings. */
  readonly other: string;
  /** A deploy of another version, which stays at its first share for as long as a test may take. */
  readonly args: readonly string[];
}

/** Call in a `describe`: each test has users, none of whose requests may fail, and a canary to begin. */
export function useCanary(sandbox: () => ReleaseSandbox): () => Canary {
  let canary: Canary = { live: "", other: "", args: [] };
  beforeEach("bring users", async () => {
    const live = liveVersion(await readRelease(sandbox().table));
    const other = live === "v2" ? "v3" : "v2";
    canary = {
      ...{ live, other },
      args: ["deploy", stack, "--tag", other, "--strategy", "canary", "--canary", "10%", "--bake", "2h"],
    };
    sandbox().startLoad();
  });
  afterEach("no request failed", async () => {
    await sandbox().fault();
    await sandbox().stopLoad();
  });
  return () => canary;
}
