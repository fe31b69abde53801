import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { EC2 } from "@aws-sdk/client-ec2";
import { stopCloud } from "@switchyard/sandbox";
import { Driver } from "../support/release/driver.ts";

const region = "ap-southeast-1";

/** Through the command line, from nothing, while the environment's own variables say another region. */
describe("stacks in a region of their own", function () {
  this.timeout(240_000);
  this.retries(0);
  let dir: string;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "switchyard-region-"));
  });
  after(async () => {
    await stopCloud(dir);
    await rm(dir, { recursive: true, force: true });
  });

  async function run(...args: readonly string[]): Promise<string> {
    const ours = { SWITCHYARD_SANDBOX: "1", SWITCHYARD_SANDBOX_DIR: dir, SWITCHYARD_SANDBOX_PORT: "0" };
    return new Driver(args, { ...process.env, ...ours, AWS_REGION: "us-east-1" }).succeeds();
  }

  it("are made, released, read and taken down there, and nothing of them elsewhere", async () => {
    await run("sandbox", "start", "--owner", String(process.pid));
    const here = ["--config", `aws:region=${region}`];
    await run("up", "pipeline", ...here);
    await run("up", "images", ...here, "--config", "tag=v1");
    await run("up", "sandbox", ...here);
    const output = await run("deploy", "sandbox", "--tag", "v1", "--strategy", "all-at-once");
    assert.match(output, /v1 serves 100% of sandbox/);
    assert.match(await run("status", "sandbox"), /web +blue +v1 +live +100% +2\/2 healthy/);
    assert.match(await run("run", "sandbox", "--service", "api", "--", "printenv", "AWS_REGION"), new RegExp(region));
    const script = [
      "const { DATABASE_URL, DATABASE_HOST, DATABASE_PORT, DATABASE_PASSWORD } = process.env;",
      "const { protocol, username, host, search, password } = new URL(DATABASE_URL);",
      "const same = host === DATABASE_HOST + ':' + DATABASE_PORT && password === DATABASE_PASSWORD;",
      "console.log(protocol, username, search, same);",
    ].join(" ");
    const told = await run("run", "sandbox", "--service", "api", "--", "node", "-e", script);
    assert.match(told, /postgresql: app \?sslmode=verify-full true/);
    const { endpoint } = JSON.parse(await readFile(join(dir, "cloud.json"), "utf8"));
    const credentials = { accessKeyId: "sandbox", secretAccessKey: "sandbox" };
    const found = async (of: string) => {
      const { TableNames = [] } = await new DynamoDB({ endpoint, credentials, region: of }).listTables({});
      const Filters = [{ Name: "tag:stack", Values: ["sandbox"] }];
      const { Subnets = [] } = await new EC2({ endpoint, credentials, region: of }).describeSubnets({ Filters });
      return {
        tables: TableNames,
        subnets: [...new Set(Subnets.map(({ AvailabilityZone }) => AvailabilityZone))].sort(),
      };
    };
    assert.deepEqual(await found(region), {
      tables: ["switchyard-ledger"],
      subnets: [`${region}a`, `${region}b`],
    });
    assert.deepEqual(await found("us-east-1"), { tables: [], subnets: [] });
    assert.match(await run("destroy", "sandbox", "--yes"), /deleted/);
  });
});
