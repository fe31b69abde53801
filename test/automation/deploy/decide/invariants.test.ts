import assert from "node:assert/strict";
import { closed } from "../../../../programs/routes.ts";
import type { MemoryTable } from "../../../support/memory-table.ts";
import type { DriverProcess } from "../../../support/world/driver.ts";
import { hourAfterV1 } from "../../../support/world/hour.ts";
import { boundMs, type Watch } from "../../../support/world/invariants.ts";

type World = Awaited<ReturnType<typeof hourAfterV1>>;
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
      watch.setRule(driver, "web", "production", { weights: { blue: 90, green: 10 } });
    },
    ({ watch, driver }) => watch.setRule(driver, "web", "production", { weights: { blue: 90, green: 10 } }),
  ],
  [
    "weights set by hand stay",
    /weights set by hand were written over/,
    async ({ cloud, watch, driver, pass }) => {
      cloud.handSets("web", { blue: 63, green: 37 });
      await pass(boundMs * 2);
      watch.setRule(driver, "web", "production", { weights: { blue: 0, green: 100 } });
    },
    async ({ cloud, watch, driver, pass }) => {
      cloud.handSets("web", { blue: 63, green: 37 });
      await pass(boundMs * 2);
      watch.setRule(driver, "web", "production", { weights: { blue: 100, green: 0 } });
    },
  ],
  [
    "what serves is not stopped",
    /web-blue was changed or stopped while it served/,
    ({ watch, driver, v1 }) => watch.updateService(driver, "web-blue", v1, 0),
    ({ watch, driver, v2 }) => watch.updateService(driver, "web-green", v2, 0),
  ],
  [
    "what is retired is sent nothing",
    /web is retired and a node still sends it requests/,
    ({ cloud, watch, driver, say, setLag }) => {
      setLag(30_000);
      cloud.setRules([{ service: "web", rule: "production", change: { takes: closed } }]);
      say({ live: undefined, retired: { colour: "blue", tasks: 2 } });
      watch.ledger(driver, "release");
    },
    async ({ cloud, watch, driver, pass, say, setLag }) => {
      setLag(30_000);
      cloud.setRules([{ service: "web", rule: "production", change: { takes: closed } }]);
      await pass(31_000);
      say({ live: undefined, retired: { colour: "blue", tasks: 2 } });
      watch.ledger(driver, "release");
    },
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
    "success is said only of a version that serves, once for all",
    /deploy v2 succeeded and web serves undefined/,
    ({ watch, driver, table, say }) => {
      begin(watch, driver, table, deployV2);
      say({ live: undefined, retired: { colour: "blue", tasks: 2 } });
      succeed(watch, driver, table, deployV2);
    },
    ({ watch, driver, table, say, green, cloud }) => {
      begin(watch, driver, table, deployV2);
      cloud.setWeights("web", "production", { blue: 0, green: 100 });
      say({ live: "green", green: { ...green, setup: watch.document().services["web"]?.blue?.setup } });
      succeed(watch, driver, table, deployV2);
      say({ live: undefined, retired: { colour: "green", tasks: 2 } });
      watch.ledger(driver, "operation#00000001-deploy-v2");
    },
  ],
  [
    "who asks for a path is answered by who did, or is to",
    /^\/web is answered by nobody, not by web$/,
    ({ cloud, watch, driver }) => {
      watch.ledger(driver, "release");
      cloud.setRules([{ service: "web", rule: "production", change: { takes: "/web/x" } }]);
    },
    ({ cloud, table, watch, driver, green }) => {
      watch.ledger(driver, "release");
      const setup = { route: { path: "/shop", priority: 100 } };
      const plan = { web: { to: "green", target: { ...green, setup } } };
      table.put("journal#1#000001", { operation: "1", decision: JSON.stringify({ kind: "step", plan, writes: [] }) });
      watch.ledger(driver, "journal#1#000001");
      cloud.setRules([{ service: "web", rule: "production", change: { takes: "/shop" } }]);
    },
  ],
  [
    "what serves is checked as its release was",
    /web blue serves and is checked at \/other, not \/web/,
    ({ watch, driver }) => watch.setGroup(driver, "web", "blue", "/other"),
    ({ watch, driver }) => watch.setGroup(driver, "web", "green", "/other"),
  ],
  [
    "what serves keeps its way through the firewall",
    /an update closed port 8080 of web, where blue serves/,
    ({ cloud, watch, say }) => {
      say({ live: undefined, blue: undefined });
      cloud.setPorts("web", [9090]);
      watch.updated();
    },
    ({ cloud, watch }) => {
      cloud.setPorts("web", [8080]);
      watch.updated();
    },
  ],
  [
    "what may be gone back to keeps its way through the firewall",
    /an update closed port 9090 of web, where v2 is reached/,
    ({ cloud, watch, say, green }) => {
      say({ green: { ...green, setup: setupAt(watch, 9090) } });
      cloud.setPorts("web", [8080]);
      watch.updated();
    },
    ({ cloud, watch, say, green }) => {
      say({ green: { ...green, setup: setupAt(watch, 9090) } });
      cloud.setPorts("web", [8080, 9090]);
      watch.updated();
    },
  ],
  [
    "no two rules have one place",
    /two rules in one place: web production 100/,
    ({ watch, driver }) => watch.setPlaces(driver, [{ service: "web", rule: "production", change: { priority: 100 } }]),
    ({ watch, driver }) => watch.setPlaces(driver, [{ service: "web", rule: "production", change: { priority: 101 } }]),
  ],
  [
    "a journal is decided again alike",
    /not decided again from its journal/,
    ({ watch }) => watch.over([{ operation: "1", decision, reproduced: false }]),
    ({ watch }) => watch.over([{ operation: "1", decision, reproduced: true }]),
  ],
];

const decision = { kind: "end", outcome: "succeeded", why: "" } as const;

const operation = "00000001-deploy-v2";
const deployV2 = { kind: "deploy", version: "v2", images: { web: {} } };

/** As v1 was set up, on another port. */
function setupAt(watch: Watch, port: number): object {
  return { ...watch.document().services["web"]?.blue?.setup, port };
}

function begin(watch: Watch, driver: DriverProcess, table: MemoryTable, goal: object): void {
  table.put(`operation#${operation}`, { operation, goal: JSON.stringify(goal) });
  watch.ledger(driver, `operation#${operation}`);
}

function succeed(
  watch: Watch,
  driver: DriverProcess,
  table: MemoryTable,
  goal: object = { kind: "rollback", version: "v1" },
): void {
  table.put(`journal#${operation}#000001`, { operation, decision: JSON.stringify(decision) });
  watch.ledger(driver, `journal#${operation}#000001`);
  table.put(`operation#${operation}`, { operation, goal: JSON.stringify(goal), outcome: "succeeded" });
  watch.ledger(driver, `operation#${operation}`);
}

describe("the rules of the simulated world", () => {
  for (const [rule, broken, breaks, keeps] of rules) {
    it(`${rule}: seen when broken`, async () => {
      const w = await hourAfterV1();
      await breaks(w);
      assert.equal(w.watch.violations.length, 1, w.watch.violations.join("\n"));
      assert.match(String(w.watch.violations[0]), broken);
    });
    it(`${rule}: silent when kept`, async () => {
      const w = await hourAfterV1();
      await keeps(w);
      assert.deepEqual(w.watch.violations, []);
    });
  }

  it("lets a repair write over a count set by hand", async () => {
    const { table, cloud, watch, driver, pass, v1 } = await hourAfterV1();
    table.put("operation#00000002-repair", { goal: JSON.stringify({ kind: "repair" }) });
    cloud.handCounts("web-blue", 6);
    await pass(boundMs * 2);
    watch.updateService(driver, "web-blue", v1, 4);
    assert.deepEqual(watch.violations, []);
  });
});
