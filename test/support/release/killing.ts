import assert from "node:assert/strict";
import type { MutationName } from "../../../automation/deploy/decide/mutations.ts";
import { Killer } from "./kills.ts";
import { type ReleaseSandbox, useReleases } from "./sandbox.ts";

/** Kinds of write at which each suite under test/faults kills drivers, before and after: with `elsewhere`, all there are. */
export const killedAt = {
  "kills.test.ts": [
    ...(["stage", "migrate", "set-scaling", "set-weights", "update-service"] as const),
    ...(["set-group", "record-release", "lease", "journal", "word"] as const),
  ],
  "commands-killed.test.ts": ["set-priorities", "deregister", "contract", "audit", "run-task", "stop-task"],
} as const satisfies Record<string, readonly MutationName[]>;

/** Kinds that are none of a release's, with the suite that is about them. */
export const elsewhere = {
  "close-account": "faults/accounts.test.ts",
  bootstrap: "faults/bootstrap.test.ts",
  "move-account": "faults/organization.test.ts",
  "finish-made": "faults/killed-update.test.ts",
  execution: "automation/runner/executions.test.ts",
  "remote-build": "automation/runner/builds/builds.test.ts",
  schedule: "automation/runner/schedules.test.ts",
  freeze: "faults/freeze.test.ts",
  preview: "faults/previews.test.ts",
  plan: "faults/pull-request.test.ts",
  upgrade: "faults/upgrade.test.ts",
  seal: "faults/audit.test.ts",
} as const satisfies Partial<Record<MutationName, string>>;

/** Where a deploy was killed already when a deploy to be promoted is. */
export const ledgerOfDeploys = [
  ...["lease taken", "lease given back", "operation begun", "operation ended", "decision", "result"],
];

interface Killing {
  readonly sandbox: () => ReleaseSandbox;
  /** The killer of this test. @param except Names of writes at which no driver is killed. */
  begin(except?: readonly string[]): Killer;
  /** @throws AssertionError for kinds of the suite's own at which no driver was killed both before and after. */
  assertAll(): void;
}

/** Call in a `describe`: load all the time, of which no request may fail. */
export function useKilling(suite: keyof typeof killedAt): Killing {
  const sandbox = useReleases();
  const kinds = new Set<MutationName>();
  let killer: Killer | undefined;
  beforeEach(() => {
    killer = undefined;
    sandbox().startLoad();
  });
  afterEach("no request failed", async function () {
    if (this.currentTest?.state === "failed" || process.env["SHOW_KILLS"]) console.error(killer?.log.join("\n"));
    try {
      await killer?.disarm();
    } finally {
      await sandbox().stopLoad();
    }
    for (const kind of killer?.kinds() ?? []) kinds.add(kind);
  });
  return {
    sandbox,
    begin: (except) => {
      killer = new Killer(sandbox(), except);
      return killer;
    },
    assertAll: () => {
      const missed = killedAt[suite].filter((kind) => !kinds.has(kind));
      assert.deepEqual(missed, [], `kinds of write at which no driver was killed; it was at ${[...kinds].join(", ")}`);
    },
  };
}
