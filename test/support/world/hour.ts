import { MemoryTable } from "../memory-table.ts";
import { SimulatedCloud } from "./cloud.ts";
import { imageOf } from "./commands.ts";
import { DriverProcess } from "./driver.ts";
import { Watch } from "./invariants.ts";
import { beginWithV1 } from "./program.ts";
import { randomOf, VirtualTime } from "./time.ts";

/** v1 serves on blue, v2 stands by on green, the lease is held under token 1, and an hour passes. */
export async function hourAfterV1() {
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
  cloud.setPorts("web", [8080, 9090]);
  cloud.service("web-green").settle(arn, 2, 8080);
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
