import assert from "node:assert/strict";
import { EC2 } from "@aws-sdk/client-ec2";
import { readShape } from "../../automation/deploy/act/stage.ts";
import { stack, useReleases } from "../support/release/sandbox.ts";

/** Through the command line, on an environment that serves users all the time. */
describe("a network's zones", function () {
  this.timeout(240_000);
  this.retries(0);
  const sandbox = useReleases();
  const ec2 = new EC2({});

  beforeEach(() => sandbox().startLoad());
  afterEach("no request failed", () => sandbox().stopLoad());

  /** The environment's subnets: name → id, zone and block. */
  async function subnets(): Promise<Readonly<Record<string, string>>> {
    const { Subnets = [] } = await ec2.describeSubnets({ Filters: [{ Name: "tag:stack", Values: [stack] }] });
    return Object.fromEntries(
      Subnets.map(({ Tags = [], SubnetId, AvailabilityZone, CidrBlock }) => [
        Tags.find(({ Key }) => Key === "Name")?.Value ?? "",
        `${SubnetId} ${AvailabilityZone} ${CidrBlock}`,
      ]),
    );
  }

  it("can be added: nothing that is there moves, and the next release is told of all of them", async () => {
    const before = await subnets();
    assert.equal(Object.keys(before).length, 6);
    await sandbox().drive("up", stack, "--config", "network.zones=3").succeeds();
    const after = await subnets();
    for (const [name, subnet] of Object.entries(before)) assert.equal(after[name], subnet);
    assert.deepEqual(
      Object.keys(after)
        .filter((name) => !(name in before))
        .sort(),
      ["isolated", "private", "public"].map((type) => `${stack}-${type}-3`),
    );
    await sandbox().drive("deploy", stack, "--tag", "v2", "--strategy", "all-at-once").succeeds();
    const shape = await readShape(sandbox().table);
    const ids = ["private-1", "private-2", "private-3"].map((name) => after[`${stack}-${name}`]?.split(" ")[0]);
    assert.deepEqual([...(shape?.services["web"]?.subnetIds ?? [])].sort(), ids.sort());
  });

  it("are not taken away: refused before anything is written", async () => {
    const before = await subnets();
    const driver = sandbox().drive("up", stack, "--config", "network.zones=2");
    assert.equal(await driver.exitCode(), 2, driver.output);
    assert.match(driver.output, /switchyard:network\.zones: 2 zones are fewer than the 3 the network has/);
    assert.deepEqual(await subnets(), before);
    await sandbox().drive("up", stack).succeeds();
    assert.deepEqual(await subnets(), before, "and the value is not kept");
  });
});
