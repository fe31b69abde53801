import assert from "node:assert/strict";
import { MemoryTable } from "../../support/memory-table.ts";
import { SimulatedCloud } from "../../support/world/cloud.ts";
import { imageOf } from "../../support/world/commands.ts";
import { DriverProcess } from "../../support/world/driver.ts";
import { boundMs, Watch } from "../../support/world/invariants.ts";
import { beginWithV1 } from "../../support/world/program.ts";
import { randomOf, VirtualTime } from "../../support/world/time.ts";

/** v1 serves on blue, v2 stands by on green, the lease is held under token 1, and an hour passes. */
async function world() {
  const time = new VirtualTime();
  const table = new MemoryTable();
  let lag = 0;
  const cloud = new SimulatedCloud(
    time,
    ["web"],
    randomOf(1),
    () => "ok",
    () => lag,
  );
  const setLag = (ms: number) => {
    lag = ms;
  };
  beginWithV1(cloud, table, time.now);
  const { arn, release } = cloud.register("web", imageOf("web", "v2").digest, "v2");
  cloud.service("web-green").settle(arn, 2);
  table.put("lease", { token: 1 });
  table.put("operation#00000001-deploy-v2", { operation: "00000001-deploy-v2" });
  const watch = new Watch(cloud, table, () => time.now);
  const driver = new DriverProcess(
    time,
    { command: { kind: "rollback" }, startMs: 0, skewMs: 0, faults: [], pauses: [] },
    1,
  );
  driver.token = 1;
  const pass = async (ms: number) => {
    let over = false;
    time.after(ms, () => {
      over = true;
    });
    await time.run(() => over, 1000);
  };
  const [v1] = cloud.taskDefinitions.map((t) => t.arn);
  const say = (change: object) => {
    const document = watch.document();
    const web = { ...document.services["web"], ...change };
    table.put("release", { document: JSON.stringify({ ...document, services: { web } }), revision: 2 });
  };
  const green = {
    ...imageOf("web", "v2"),
    taskDefinitionArn: arn,
    release,
    deployedAt: "2026-01-01",
    migrations: [],
  };
  await pass(3_600_000);
  return { time, cloud, table, watch, driver, pass, setLag, say, green, v1: String(v1), v2: arn };
}

type World = Awaited<ReturnType<typeof world>>;
type Act = (w: World) => void | Promise<void>;

/** Every rule of the simulated world, with what breaks it and its nearest neighbour that does not. */
const rules: readonly (readonly [rule: string, broken: RegExp, breaks: Act, keeps: Act])[] = [
  [
    "one writer, and none after a takeover",
    /took effect under token 1 after 2 was granted/,
    ({ table, watch, driver }) => {
      table.put("lease", { token: 2 });
      watch.mutation(driver, "a write");
    },
    ({ watch, driver }) => watch.mutation(driver, "a write"),
  ],
  [
    "no weight without healthy capacity",
    /web green was given 10% with no healthy capacity/,
    async ({ cloud, watch, driver, pass }) => {
      cloud.service("web-green").resize(0);
      await pass(boundMs * 2);
      watch.setWeights(driver, "web", "production", { blue: 90, green: 10 });
    },
    ({ watch, driver }) => watch.setWeights(driver, "web", "production", { blue: 90, green: 10 }),
  ],
  [
    "weights set by hand stay",
    /weights set by hand were written over/,
    async ({ cloud, watch, driver, pass }) => {
      cloud.handSets("web", { blue: 63, green: 37 });
      await pass(boundMs * 2);
      watch.setWeights(driver, "web", "production", { blue: 0, green: 100 });
    },
    async ({ cloud, watch, driver, pass }) => {
      cloud.handSets("web", { blue: 63, green: 37 });
      await pass(boundMs * 2);
      watch.setWeights(driver, "web", "production", { blue: 100, green: 0 });
    },
  ],
  [
    "what serves is not stopped",
    /web-blue was changed or stopped while it served/,
    ({ watch, driver, v1 }) => watch.updateService(driver, "web-blue", v1, 0),
    ({ watch, driver, v2 }) => watch.updateService(driver, "web-green", v2, 0),
  ],
  [
    "what a node still sends requests is not stopped",
    /web-green was stopped while a node still sent it 50% of its requests/,
    async ({ cloud, watch, driver, pass, v2, setLag }) => {
      cloud.setWeights("web", "production", { blue: 50, green: 50 });
      await pass(boundMs * 2);
      setLag(30_000);
      cloud.setWeights("web", "production", { blue: 100, green: 0 });
      await pass(29_000);
      watch.updateService(driver, "web-green", v2, 0);
    },
    async ({ cloud, watch, driver, pass, v2, setLag }) => {
      cloud.setWeights("web", "production", { blue: 50, green: 50 });
      await pass(boundMs * 2);
      setLag(30_000);
      cloud.setWeights("web", "production", { blue: 100, green: 0 });
      await pass(31_000);
      watch.updateService(driver, "web-green", v2, 0);
    },
  ],
  [
    "task counts set by hand stay",
    /web-blue: a task count set by hand was written over/,
    async ({ cloud, watch, driver, pass, v1 }) => {
      cloud.handCounts("web-blue", 6);
      await pass(boundMs * 2);
      watch.updateService(driver, "web-blue", v1, 2);
    },
    async ({ cloud, watch, driver, pass, v1 }) => {
      cloud.handCounts("web-blue", 6);
      await pass(boundMs * 2);
      watch.updateService(driver, "web-blue", v1, 6);
    },
  ],
  [
    "no task definition that is needed is deregistered",
    /was deregistered while it may still be needed/,
    ({ watch, driver, v1 }) => watch.deregister(driver, v1),
    ({ cloud, watch, driver }) => watch.deregister(driver, cloud.register("web", "old", "v0").arn),
  ],
  [
    "no contract migration while the other colour has weight",
    /a contract migration ran while web green had weight/,
    async ({ cloud, watch, driver, pass }) => {
      cloud.setWeights("web", "production", { blue: 90, green: 10 });
      await pass(boundMs * 2);
      watch.migrate(driver, "contract", "1-contract");
    },
    ({ watch, driver }) => watch.migrate(driver, "contract", "1-contract"),
  ],
  [
    "no contract migration while the other colour is kept for a rollback",
    /a contract migration ran while web green was kept for a rollback/,
    ({ time, watch, driver, say, green }) => {
      say({ green, warmUntil: new Date(time.now + 3_600_000).toISOString() });
      watch.migrate(driver, "contract", "1-contract");
    },
    ({ time, watch, driver, say, green }) => {
      say({ green, warmUntil: new Date(time.now - 1).toISOString() });
      watch.migrate(driver, "contract", "1-contract");
    },
  ],
  [
    "no contract migration of a version that does not serve",
    /a contract migration of v2 ran while web serves v1/,
    ({ cloud, watch, driver }) => {
      cloud.database.version = "v2";
      watch.migrate(driver, "contract", "1-contract");
    },
    ({ cloud, watch, driver, say, green }) => {
      cloud.database.version = "v2";
      say({ live: "green", green });
      cloud.setWeights("web", "production", { blue: 0, green: 100 });
      watch.migrate(driver, "contract", "1-contract");
    },
  ],
  [
    "migrations are asked for under their operation's run id",
    /migrations of 00000001-deploy-v2 were asked for under the run id 2/,
    ({ watch, driver }) => watch.migrate(driver, "expand", "2"),
    ({ watch, driver }) => watch.migrate(driver, "expand", "00000001-deploy-v2"),
  ],
  [
    "success is said only of what serves",
    /rollback v1 succeeded: web green does not serve what the ledger says/,
    ({ watch, driver, table, say, green }) => {
      say({ live: "green", green });
      succeed(watch, driver, table);
    },
    ({ watch, driver, table }) => succeed(watch, driver, table),
  ],
  [
    "a journal is decided again alike",
    /not decided again from its journal/,
    ({ watch }) => watch.over([{ operation: "1", decision, reproduced: false }]),
    ({ watch }) => watch.over([{ operation: "1", decision, reproduced: true }]),
  ],
];

const decision = { kind: "end", outcome: "succeeded", why: "" } as const;

function succeed(watch: Watch, driver: DriverProcess, table: MemoryTable): void {
  const operation = "00000001-deploy-v2";
  table.put(`journal#${operation}#000001`, { operation, decision: JSON.stringify(decision) });
  watch.ledger(driver, `journal#${operation}#000001`);
  const goal = JSON.stringify({ kind: "rollback", version: "v1" });
  table.put(`operation#${operation}`, { operation, goal, outcome: "succeeded" });
  watch.ledger(driver, `operation#${operation}`);
}

describe("the rules of the simulated world", () => {
  for (const [rule, broken, breaks, keeps] of rules) {
    it(`${rule}: seen when broken`, async () => {
      const w = await world();
      await breaks(w);
      assert.equal(w.watch.violations.length, 1, w.watch.violations.join("\n"));
      assert.match(String(w.watch.violations[0]), broken);
    });
    it(`${rule}: silent when kept`, async () => {
      const w = await world();
      await keeps(w);
      assert.deepEqual(w.watch.violations, []);
    });
  }

  it("lets a repair write over a count set by hand", async () => {
    const { table, cloud, watch, driver, pass, v1 } = await world();
    table.put("operation#00000002-repair", { goal: JSON.stringify({ kind: "repair" }) });
    cloud.handCounts("web-blue", 6);
    await pass(boundMs * 2);
    watch.updateService(driver, "web-blue", v1, 4);
    assert.deepEqual(watch.violations, []);
  });
});
