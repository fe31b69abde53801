import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CloudWatchLogs, paginateDescribeLogGroups } from "@aws-sdk/client-cloudwatch-logs";
import { EC2 } from "@aws-sdk/client-ec2";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { IAM } from "@aws-sdk/client-iam";
import { S3 } from "@aws-sdk/client-s3";
import { LocalWorkspace, type Stack } from "@pulumi/pulumi/automation/index.js";
import { loadEngine, loadProviders } from "@switchyard/sandbox";
import { stringify } from "yaml";
import { runStack } from "../../programs/stack.ts";
import { values } from "../programs/fixtures.ts";
import { useCloud } from "../support/cloud.ts";

const { embeddedPulumi } = await loadEngine();
const { serveProvider } = await loadProviders();

/** Every AWS operation of a first `up` is refused once, at its first call, until all have been. */
describe("a first up whose calls AWS refuses", function () {
  this.timeout(240_000);
  const cloud = useCloud();
  let dir: string;
  let environment: Stack;

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "switchyard-refused-"));
    await writeFile(join(dir, "Pulumi.yaml"), stringify({ name: "switchyard", runtime: "nodejs" }));
    Object.assign(process.env, cloud.env);
    await cloud.reset();
  });
  after(() => rm(dir, { recursive: true, force: true }));

  it("ends with an error that names the call, and the next ones finish what it began", async () => {
    const before = await cloud.calls();
    await (await open("pipeline", { tier: "development" }, "plain")).up();
    await (await open("sandbox", values(), "plain")).up();
    const asked = Object.entries(await cloud.calls()).filter(([call, count]) => count > (before[call] ?? 0));
    const operations = asked.map(([call]) => call).filter((call) => !call.startsWith("sts:"));
    assert.ok(operations.length > 60, `only ${operations.length} operations`);

    await cloud.reset();
    const pipeline = await open("pipeline", { tier: "development" }, "refused");
    environment = await open("sandbox", values(), "refused");
    await cloud.fault(
      ...operations.map((call) => {
        const [service = "", operation = ""] = call.split(":");
        const message = `refused ${call}`;
        return { service, operation, nth: 1, effect: "error", code: "AccessDenied", status: 403, message } as const;
      }),
    );
    await untilDone(pipeline, operations.length);
    await untilDone(environment, operations.length);
    const left = (await cloud.faults()).filter(({ hits }) => hits.length === 0).map(({ message }) => message);
    assert.deepEqual(left, [], "every operation was refused once");
    await cloud.clearFaults();
    const planned: string[] = [];
    await environment.preview({
      onEvent: ({ resourcePreEvent }) => {
        const { op, urn, diffs = [] } = resourcePreEvent?.metadata ?? {};
        if (op !== undefined && op !== "same" && op !== "read") planned.push(`${op} ${urn}: ${diffs}`);
      },
    });
    assert.deepEqual(planned, []);
  });

  it("leaves nothing behind that no stack knows of", async () => {
    const { deployment } = (await environment.exportStack()) as {
      deployment: { resources: { type: string; id?: string }[]; pending_operations?: unknown[] };
    };
    assert.deepEqual(deployment.pending_operations ?? [], []);
    const known = (type: string) =>
      deployment.resources.flatMap((one) => (one.type === type && one.id !== undefined ? [one.id] : [])).sort();
    assert.ok(known("aws:iam/role:Role").length > 5 && known("aws:ec2/securityGroup:SecurityGroup").length > 3);
    const sdk = cloud.sdk();
    const [roles, buckets, securityGroups, targetGroups] = await Promise.all([
      new IAM(sdk).listRoles({}),
      new S3({ ...sdk, forcePathStyle: true }).listBuckets({}),
      new EC2(sdk).describeSecurityGroups({ Filters: [{ Name: "tag:stack", Values: ["sandbox"] }] }),
      new ElasticLoadBalancingV2(sdk).describeTargetGroups({}),
    ]);
    assert.deepEqual((roles.Roles ?? []).map(({ RoleName }) => RoleName).sort(), known("aws:iam/role:Role"));
    assert.deepEqual((buckets.Buckets ?? []).map(({ Name }) => Name).sort(), known("aws:s3/bucket:Bucket"));
    const groups = (securityGroups.SecurityGroups ?? []).filter(({ GroupName }) => GroupName !== "default");
    assert.deepEqual(groups.map(({ GroupId }) => GroupId).sort(), known("aws:ec2/securityGroup:SecurityGroup"));
    const arns = (targetGroups.TargetGroups ?? []).map(({ TargetGroupArn }) => TargetGroupArn).sort();
    assert.deepEqual(arns, known("aws:lb/targetGroup:TargetGroup"));
    const logGroups: (string | undefined)[] = [];
    for await (const page of paginateDescribeLogGroups({ client: new CloudWatchLogs(sdk) }, {}))
      logGroups.push(...(page.logGroups ?? []).map(({ logGroupName }) => logGroupName));
    const own = logGroups.filter((name) => name?.startsWith("/switchyard/sandbox/"));
    assert.deepEqual(own.sort(), known("aws:cloudwatch/logGroup:LogGroup"));
  });

  /** Updates again and again; each failure has to be one of the refusals, told with its call. */
  async function untilDone(stack: Stack, most: number): Promise<void> {
    for (let attempt = 0; attempt <= most; attempt++) {
      const refusedBefore = await refused();
      try {
        await stack.up();
        return;
      } catch (error) {
        assert.match((error as Error).message, /refused [a-z0-9-]+:\w+/, `attempt ${attempt}`);
        assert.ok(
          (await refused()) > refusedBefore,
          `attempt ${attempt} met no new refusal: ${(error as Error).message}`,
        );
      }
    }
    assert.fail("it never came to its end");
  }

  const refused = async () => (await cloud.faults()).reduce((sum, { hits }) => sum + hits.length, 0);

  async function open(name: string, config: Record<string, unknown>, run: string): Promise<Stack> {
    const state = join(dir, run);
    await mkdir(state, { recursive: true });
    const backend = pathToFileURL(state).href;
    const serve = (pkg: "aws" | "awsx" | "docker") => (address: string) => serveProvider(pkg, address);
    return LocalWorkspace.createOrSelectStack(
      { stackName: name, projectName: "switchyard", program: () => runStack(name, config) },
      {
        workDir: dir,
        pulumiCommand: embeddedPulumi({
          allowedBackend: backend,
          providers: { aws: serve("aws"), awsx: serve("awsx"), docker: serve("docker") },
        }),
        envVars: { ...cloud.env, PULUMI_BACKEND_URL: backend, PULUMI_CONFIG_PASSPHRASE: "sandbox" },
      },
    );
  }
});
