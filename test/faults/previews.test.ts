import assert from "node:assert/strict";
import { readShape } from "../../automation/deploy/act/stage.ts";
import { ledgerTableName } from "../../automation/deploy/conduct/session.ts";
import { stackTable } from "../../automation/ledger/table.ts";
import { errorCatalogue } from "../../programs/error-catalogue.ts";
import { eventually } from "../support/cloud.ts";
import type { Driver } from "../support/release/driver.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

/** Through the command line. */
describe("preview environments", function () {
  this.timeout(300_000);
  this.retries(0);
  const sandbox = useReleases();
  const run = (...args: readonly string[]) => sandbox().drive("preview", ...args);
  const succeeds = (...args: readonly string[]) => run(...args).succeeds();
  const previews = async () => {
    const { previews } = JSON.parse((await succeeds("list", "--json")).replace(/^[^{]*/, "")) as {
      previews: readonly { stack: string; hasState: boolean; record?: { state: string }; tagged: readonly string[] }[];
    };
    return previews;
  };

  afterEach("leave no fault", () => sandbox().fault());

  /** Kills a command when the cloud has the n-th write of an item, before or after it carried it out. */
  async function killAtWrite(driver: () => Driver, item: string, nth: number, moment: "before" | "after") {
    const effect = moment === "before" ? "hang" : "hang-after-effect";
    const body = `"Put".*"item":\\{"S":"${item}"\\}`;
    await sandbox().fault({ service: "dynamodb", operation: "TransactWriteItems", body, nth, effect });
    const killed = driver();
    await eventually(async () => ((await sandbox().hits())[0]?.length ?? 0) > 0 || !killed.running, 60_000);
    assert.ok(killed.running, `${killed.command} made no such write:\n${killed.output}`);
    await killed.kill();
    await sandbox().fault();
  }

  it("are made whole by a creation that is killed and run again, and answer when their address is given", async () => {
    const create = () => run("create", "7", "--tag", "v1", "--for", "5h");
    await killAtWrite(create, "preview", 1, "before");
    assert.deepEqual(await previews(), []);
    await killAtWrite(create, "preview", 1, "after");
    for (const text of ["register what v1 will run", "apply expand migrations", "prove"]) {
      const killed = create();
      await killed.shows(text);
      await killed.kill();
    }
    assert.equal((await previews())[0]?.record?.state, "creating");
    assert.match(await succeeds("sweep"), /leave +pr-7/);
    await killAtWrite(create, "preview", 2, "before");
    const [, url = ""] = /pr-7 answers at (\S+) until/.exec(await create().succeeds()) ?? [];
    assert.equal((await fetch(`${url}/api/notes`)).status, 200);
    assert.match(await succeeds("list"), /pr-7 +ready +v1/);
  });

  it("are brought to another version, and stay when that fails", async () => {
    const { code } = await run("update", "7", "--tag", "nope").ended();
    assert.notEqual(code, 0);
    assert.match(await succeeds("update", "7", "--tag", "v2"), /pr-7 answers at/);
    assert.equal(await run("update", "8", "--tag", "v2").exitCode(), errorCatalogue["not-found"].exitCode);
  });

  it("are given more time, not more than there is", async () => {
    assert.match(await succeeds("extend", "7", "--for", "48h"), /pr-7 stays until/);
    const { code, output } = await run("extend", "7", "--for", "73h").ended();
    assert.equal(code, errorCatalogue["invalid-flag"].exitCode, output);
    assert.match(await sandbox().drive("audit", "list", "pr-7").succeeds(), /failed.*longer than the 72h/);
  });

  it("that fail to come up leave nothing", async () => {
    const { code, output } = await run("create", "9", "--tag", "nope").ended();
    assert.notEqual(code, 0);
    assert.match(output, /pr-9 did not come up/);
    assert.ok(!(await previews()).some(({ stack }) => stack === "pr-9"));
  });

  it("may be in another environment's network, which stays while they are there", async () => {
    await sandbox().drive("up", "pr-8", "--config", `network.of=${stack}`).succeeds();
    await sandbox().drive("deploy", "pr-8", "--tag", "v1").succeeds();
    const shape = await readShape(stackTable(sandbox().aws, ledgerTableName, "pr-8"));
    const subnets = (of: typeof shape) => of?.services["api"]?.staged?.setup?.subnetIds;
    assert.deepEqual(subnets(shape), subnets(sandbox().shape));
    assert.equal((await fetch(`${shape?.url}/api/notes`)).status, 200);
    const { code, output } = await sandbox().drive("destroy", stack, "--yes", "--unprotect").ended();
    assert.equal(code, errorCatalogue.protected.exitCode, output);
    assert.match(output, /its network is that of pr-8 too; nothing was deleted/);
    assert.match(await sandbox().drive("plan", stack).succeeds(), /sandbox: \d+ unchanged/);
  });

  it("are ended by whoever comes next where a destroy is killed; so are those nobody asked for", async () => {
    const destroy = () => run("destroy", "7");
    await killAtWrite(destroy, "preview", 1, "after");
    const killed = destroy();
    await killed.shows("Destroying pr-7");
    await killed.kill();
    const swept = await succeeds("sweep");
    assert.match(swept, /destroy pr-7: its end was cut short/);
    assert.match(swept, /destroy pr-8: nobody asked for it/);
    assert.deepEqual(await previews(), []);
    await sandbox().drive("audit", "verify", "pr-7").succeeds();
    await succeeds("destroy", "7");
  });

  it("say when a sweep was, which is killed before and after it says so", async () => {
    for (const moment of ["before", "after"] as const) await killAtWrite(() => run("sweep"), "heartbeat", 1, moment);
    assert.match(await succeeds("list", "--json"), /"silent": false/);
    assert.deepEqual(await previews(), []);
  });
});
