import assert from "node:assert/strict";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import { CreateSubnetCommand, CreateVpcCommand, EC2Client } from "@aws-sdk/client-ec2";
import { ECRClient } from "@aws-sdk/client-ecr";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  DeleteFunctionCommand,
  GetFunctionCommand,
  InvokeCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { eventually, unique, useCloud } from "../../support/cloud.ts";
import { imageOf, pushImage, type TestImage } from "./images.ts";

/** A runtime that does what its event says. */
const handler = (version: string) => `
const api = "http://" + process.env.AWS_LAMBDA_RUNTIME_API + "/2018-06-01/runtime";
let calls = 0;
for (;;) {
  const next = await fetch(api + "/invocation/next");
  const id = next.headers.get("lambda-runtime-aws-request-id");
  const event = await next.json();
  calls += 1;
  console.log("event", JSON.stringify(event));
  if (event.exit !== undefined) process.exit(event.exit);
  if (event.sleep) await new Promise((resolve) => setTimeout(resolve, event.sleep));
  const failure = { errorType: "Bad", errorMessage: "as asked" };
  const answer = {
    calls, event, version: ${JSON.stringify(version)}, pid: process.pid, cwd: process.cwd(), arg: process.argv[2],
    env: Object.fromEntries((event.env ?? []).map((name) => [name, process.env[name]])),
    deadline: Number(next.headers.get("lambda-runtime-deadline-ms")) - Date.now(),
  };
  const path = event.fail ? "/error" : "/response";
  await fetch(api + "/invocation/" + id + path, { method: "POST", body: JSON.stringify(event.fail ? failure : answer) });
}`;

describe("Lambda", () => {
  const cloud = useCloud();
  const repository = unique("functions");
  let lambda: LambdaClient;
  let one: string;
  let two: string;
  let image: TestImage;
  const role = "arn:aws:iam::123456789012:role/switchyard-lambda-test";

  before(async () => {
    lambda = new LambdaClient(cloud.sdk());
    const ecr = new ECRClient(cloud.sdk());
    const imageWith = (version: string) =>
      imageOf(
        { "app/": "", "app/main.mjs": handler(version) },
        {
          Entrypoint: ["node", "/app/main.mjs"],
          Cmd: ["image"],
          WorkingDir: "/app",
          Env: ["FROM=image", "OVER=image"],
        },
      );
    image = await imageWith("one");
    one = await pushImage(ecr, repository, image, "one");
    two = await pushImage(ecr, repository, await imageWith("two"), "two");
    const trust = { Effect: "Allow", Principal: { Service: "lambda.amazonaws.com" }, Action: "sts:AssumeRole" };
    const AssumeRolePolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement: [trust] });
    await new IAMClient(cloud.sdk()).send(
      new CreateRoleCommand({ RoleName: "switchyard-lambda-test", AssumeRolePolicyDocument }),
    );
  });

  async function create(settings: Partial<CreateFunctionCommandInput> = {}): Promise<string> {
    const FunctionName = unique("function");
    const Code = { ImageUri: one };
    await lambda.send(
      new CreateFunctionCommand({ FunctionName, Role: role, PackageType: "Image", Code, Timeout: 20, ...settings }),
    );
    return FunctionName;
  }
  async function invoke(FunctionName: string, event: object = {}) {
    const answer = await lambda.send(
      new InvokeCommand({ FunctionName, Payload: JSON.stringify(event), LogType: "Tail" }),
    );
    return {
      ...answer,
      payload: JSON.parse(Buffer.from(answer.Payload ?? []).toString()),
      log: Buffer.from(answer.LogResult ?? "", "base64").toString(),
    };
  }

  it("runs the image for real and keeps its process for the next call", async () => {
    const name = await create({ Environment: { Variables: { OVER: "function" } } });
    const first = await invoke(name, { env: ["FROM", "OVER", "AWS_LAMBDA_FUNCTION_NAME", "AWS_ENDPOINT_URL"] });
    assert.equal(first.StatusCode, 200);
    assert.equal(first.FunctionError, undefined);
    assert.equal(first.ExecutedVersion, "$LATEST");
    assert.deepEqual(first.payload.env, {
      FROM: "image",
      OVER: "function",
      AWS_LAMBDA_FUNCTION_NAME: name,
      AWS_ENDPOINT_URL: cloud.endpoint,
    });
    assert.match(first.payload.cwd, /rootfs\/app$/);
    assert.equal(first.payload.arg, "image");
    assert.ok(first.payload.deadline > 15_000 && first.payload.deadline <= 20_000);
    const second = await invoke(name);
    assert.deepEqual([second.payload.calls, second.payload.pid], [2, first.payload.pid]);
  });

  it("answers a failing function with its own error, and goes on", async () => {
    const name = await create();
    const failed = await invoke(name, { fail: true });
    assert.equal(failed.FunctionError, "Unhandled");
    assert.deepEqual(failed.payload, { errorType: "Bad", errorMessage: "as asked" });
    assert.equal((await invoke(name)).payload.calls, 2);
  });

  it("ends a function at its timeout, in real time whatever the pace", async () => {
    const name = await create({ Timeout: 1 });
    const startedAt = performance.now();
    const late = await invoke(name, { sleep: 30_000 });
    const took = performance.now() - startedAt;
    assert.equal(late.FunctionError, "Unhandled");
    assert.match(late.payload.errorMessage, /Task timed out after 1\.00 seconds/);
    assert.ok(took >= 1000 && took < 10_000, `${took} ms`);
    assert.equal((await invoke(name)).payload.calls, 1);
  });

  it("tells how a process ended that answered nothing", async () => {
    const name = await create();
    const ended = await invoke(name, { exit: 3 });
    assert.equal(ended.payload.errorType, "Runtime.ExitError");
    assert.match(ended.payload.errorMessage, /exit status 3/);
    assert.equal((await invoke(name)).payload.calls, 1);
  });

  it("runs calls that come at once side by side", async () => {
    const name = await create();
    const [a, b] = await Promise.all([invoke(name, { sleep: 150 }), invoke(name, { sleep: 150 })]);
    assert.notEqual(a.payload.pid, b.payload.pid);
  });

  it("writes what a function prints to its log group, and returns the tail when asked", async () => {
    const name = await create();
    const { log } = await invoke(name, { note: "seen" });
    assert.match(log, /^START RequestId: .*Version: \$LATEST\n/);
    assert.match(log, /event \{"note":"seen"\}/);
    assert.match(log, /REPORT RequestId: .*Duration: [\d.]+ ms/);
    const logs = new CloudWatchLogsClient(cloud.sdk());
    const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName: `/aws/lambda/${name}` }));
    assert.ok(events.some(({ message }) => message?.includes('"note":"seen"')));
  });

  it("accepts an event and runs it later", async () => {
    const name = await create({ LoggingConfig: { LogGroup: "/own/group" } });
    const answer = await lambda.send(
      new InvokeCommand({ FunctionName: name, InvocationType: "Event", Payload: '{"later":1}' }),
    );
    assert.equal(answer.StatusCode, 202);
    const logs = new CloudWatchLogsClient(cloud.sdk());
    await eventually(async () => {
      const found = await logs.send(new FilterLogEventsCommand({ logGroupName: "/own/group" })).catch(() => undefined);
      return found?.events?.some(({ message }) => message?.includes('"later":1'));
    });
    const dry = await lambda.send(new InvokeCommand({ FunctionName: name, InvocationType: "DryRun" }));
    assert.equal(dry.StatusCode, 204);
  });

  it("starts a new process when code or configuration change", async () => {
    const name = await create();
    assert.equal((await invoke(name)).payload.version, "one");
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName: name, ImageUri: two }));
    const updated = await invoke(name);
    assert.deepEqual([updated.payload.version, updated.payload.calls], ["two", 1]);
    const ImageConfig = { Command: ["override"] };
    const Environment = { Variables: { NEW: "1" } };
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: name, Environment, ImageConfig }));
    const configured = await invoke(name, { env: ["NEW"] });
    assert.deepEqual(
      [configured.payload.calls, configured.payload.env, configured.payload.arg],
      [1, { NEW: "1" }, "override"],
    );
  });

  it("describes a function as Lambda does", async () => {
    const ec2 = new EC2Client(cloud.sdk());
    const { Vpc } = await ec2.send(new CreateVpcCommand({ CidrBlock: "10.9.0.0/16" }));
    const { Subnet } = await ec2.send(new CreateSubnetCommand({ VpcId: Vpc?.VpcId, CidrBlock: "10.9.0.0/24" }));
    const VpcConfig = { SubnetIds: [Subnet?.SubnetId ?? ""], SecurityGroupIds: ["sg-1"] };
    const name = await create({ VpcConfig, LoggingConfig: { LogFormat: "JSON" } });
    const { Configuration, Code } = await lambda.send(new GetFunctionCommand({ FunctionName: name }));
    assert.equal(Configuration?.State, "Active");
    assert.equal(Configuration?.LastUpdateStatus, "Successful");
    assert.equal(Configuration?.VpcConfig?.VpcId, Vpc?.VpcId);
    assert.equal(Configuration?.CodeSha256, image.digest.slice("sha256:".length));
    assert.equal(Configuration?.ImageConfigResponse, undefined);
    assert.deepEqual(Configuration?.LoggingConfig, { LogFormat: "JSON", LogGroup: `/aws/lambda/${name}` });
    assert.deepEqual([Code?.ImageUri, Code?.ResolvedImageUri], [one, one]);
    const version = await lambda.send(new PublishVersionCommand({ FunctionName: name }));
    assert.equal(version.Version, "1");
    const published = await lambda.send(new InvokeCommand({ FunctionName: name, Qualifier: "1" }));
    assert.equal(published.ExecutedVersion, "1");
  });

  it("refuses an image that was never pushed, and a function that is not there", async () => {
    const ImageUri = one.replace(/@.*/, `@sha256:${"0".repeat(64)}`);
    await assert.rejects(create({ Code: { ImageUri } }), {
      name: "InvalidParameterValueException",
      message: /Source image .* does not exist/,
    });
    const name = await create();
    const update = new UpdateFunctionCodeCommand({ FunctionName: name, ImageUri });
    await assert.rejects(lambda.send(update), { name: "InvalidParameterValueException" });
    await lambda.send(new DeleteFunctionCommand({ FunctionName: name }));
    await assert.rejects(invoke(name), { name: "ResourceNotFoundException" });
  });
});
