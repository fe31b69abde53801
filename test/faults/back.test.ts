import assert from "node:assert/strict";
import { loadStory } from "@switchyard/sandbox";
import { readJournal, readOperations } from "../../automation/ledger/journal.ts";
import { readRelease } from "../../automation/ledger/release.ts";
import { assertServes, liveVersion } from "../support/release/converged.ts";
import type { Driver } from "../support/release/driver.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

const { observe } = await loadStory();

/** The last node of the load balancer learns so late of weights; the driver allows for a minute of the sandbox's clock, 1.2 s. */
const lateMs = 900;
const half = ["--strategy", "canary", "--canary", "50%", "--bake", "5h"];

describe("the way back, where nodes of the load balancer learn late of weights", function () {
  this.timeout(180_000);
  this.retries(0);
  const sandbox = useReleases();
  let driver: Driver | undefined;
  let over = false;
  const statuses = new Map<number, number>();
  let users: Promise<void>[] = [];

  async function propagation(body: { readonly ms?: number }): Promise<void> {
    const url = `${process.env["AWS_ENDPOINT_URL"]}/_switchyard/propagation`;
    assert.ok((await fetch(url, { method: "POST", body: JSON.stringify(body) })).ok);
  }

  /** Every request on a connection of its own, so that each node has its share. */
  async function user(): Promise<void> {
    while (!over) {
      const answer = await fetch(new URL("/healthz", sandbox().url), { headers: { connection: "close" } });
      await answer.arrayBuffer();
      statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    }
  }

  async function stoppedTasks(): Promise<boolean> {
    const { services } = await observe();
    const release = await readRelease(sandbox().table);
    return Object.entries(sandbox().shape.services).every(([name, shape]) => {
      const idle = release.services[name]?.live === "blue" ? shape.green : shape.blue;
      const found = Object.entries(services).find(([key]) => key.split("/").at(-1) === idle.serviceName);
      return found?.[1].desired === 0;
    });
  }

  // A colour that others left warm would be kept so.
  before("nothing is kept warm", async () => {
    await sandbox().drive("deploy", stack, "--tag", "v2", "--strategy", "all-at-once", "--keep-warm", "1s").succeeds();
    await sandbox().drive("deploy", stack, "--tag", "v1", "--strategy", "all-at-once", "--keep-warm", "1s").succeeds();
    await sandbox().isCold();
    await sandbox().drive("sweep", stack).succeeds();
  });
  beforeEach(async () => {
    over = false;
    statuses.clear();
    await propagation({ ms: lateMs });
    users = Array.from({ length: 4 }, user);
  });
  afterEach(async function () {
    over = true;
    await Promise.all(users);
    if (this.currentTest?.state === "failed") console.error(driver?.output);
    if (driver?.running) await driver.kill();
    await propagation({});
  });

  for (const [by, act] of [
    ["an abort", () => sandbox().drive("abort", stack).succeeds()],
    ["Ctrl-C", async () => void driver?.signal("SIGINT")],
  ] as const)
    it(`stops what it leaves only when no node can reach it any more, after ${by}: nobody is refused`, async () => {
      const before = liveVersion(await readRelease(sandbox().table));
      driver = sandbox().drive("deploy", stack, "--tag", before === "v1" ? "v2" : "v1", ...half);
      await driver.shows("at 50%");
      await act();
      assert.notEqual(await driver.exitCode(), 0);
      await assertServes(sandbox(), before);
      const [operation] = await readOperations(sandbox().table, 1);
      const steps = await readJournal(sandbox().table, operation?.operation ?? "");
      const wrote = (kind: string) =>
        steps.filter(
          (e) => e.decision.kind === "step" && e.decision.phase === "undo" && e.decision.writes[0]?.kind === kind,
        );
      // Two services of different orders: only those that had a share are returned, and only they are waited for.
      const returned = wrote("set-weights").at(-1);
      const stopped = wrote("update-service").at(-1);
      assert.ok(returned?.doneAt && stopped, JSON.stringify(steps.map((e) => e.decision)));
      assert.equal(returned.result?.unproven, undefined);
      assert.ok(stopped.at - returned.doneAt >= lateMs, `${stopped.at - returned.doneAt} ms`);
      assert.ok(await stoppedTasks());
      over = true;
      await Promise.all(users);
      assert.deepEqual([...statuses.keys()], [200]);
      assert.ok((statuses.get(200) ?? 0) > 100);
    });
});
