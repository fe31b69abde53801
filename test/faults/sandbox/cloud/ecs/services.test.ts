import assert from "node:assert/strict";
import { CloudWatchLogsClient, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateServiceCommand,
  DeleteServiceCommand,
  DeregisterTaskDefinitionCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import { DescribeTargetHealthCommand, ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { request } from "undici";
import { createGroup, until } from "../../../../sandbox/cloud/alb/in-process.ts";

import { useApp } from "../../../../sandbox/cloud/ecs/fixture.ts";

describe("services", () => {
  const { cloud, balancer, definition, network, service, describeService, steady, tasksOf, logOf, pidOf, ecs } =
    useApp();

  it("runs tasks as processes, in service when healthy, with their environment and secrets", async () => {
    await putParameter(cloud().endpoint, "/app/flag", "on");
    const secret = await cloud()
      .client(SecretsManagerClient)
      .send(
        new CreateSecretCommand({
          Name: "database",
          SecretString: JSON.stringify({ username: "app", password: "hunter2" }),
        }),
      );
    const arn = await definition(
      { VERSION: "v1", PORT: "8080" },
      {
        secrets: [
          { name: "PASSWORD", valueFrom: `${secret.ARN}:password::` },
          { name: "FLAG", valueFrom: "/app/flag" },
        ],
      },
    );
    const { serviceName, targetGroupArn, get } = await service(arn, {
      desiredCount: 2,
      healthCheckGracePeriodSeconds: 30,
      enableExecuteCommand: true,
      tags: [{ key: "team", value: "web" }],
    });
    const found = await steady(serviceName);
    assert.equal(found.runningCount, 2);
    assert.equal(found.healthCheckGracePeriodSeconds, 30);
    assert.equal(found.enableExecuteCommand, true);
    assert.match(found.events?.map((event) => event.message).join("\n") ?? "", /has reached a steady state\./);
    const { TargetHealthDescriptions } = await cloud()
      .client(ElasticLoadBalancingV2Client)
      .send(new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn }));
    assert.deepEqual(
      TargetHealthDescriptions?.map((target) => target.TargetHealth?.State),
      ["healthy", "healthy"],
    );
    const environment = JSON.parse((await get("/environment")).body) as Record<string, string>;
    assert.equal(environment["PASSWORD"], "hunter2");
    assert.equal(environment["FLAG"], "on");
    assert.equal(environment["FROM_IMAGE"], "yes");
    assert.equal(environment["VERSION"], "v1");
    assert.equal(environment["AWS_ENDPOINT_URL"], cloud().endpoint);
    assert.notEqual(environment["PORT"], "8080");
    const [task] = await tasksOf(serviceName);
    assert.ok(task);
    assert.equal(task.lastStatus, "RUNNING");
    assert.equal(task.attachments?.[0]?.details?.[0]?.value, "127.0.0.1");
    await until("log lines", async () => (await logOf(task)).includes("starting v1"));
  });

  it("rolls a new task definition out under load without a failed request", async () => {
    const { serviceName, get } = await service(await definition({ VERSION: "v1" }), { desiredCount: 2 });
    await steady(serviceName);
    const seen = new Map<string, number>();
    let running = true;
    const load = Array.from({ length: 4 }, async () => {
      while (running) {
        const { status, body } = await get("/");
        const key = status === 200 ? body : String(status);
        seen.set(key, (seen.get(key) ?? 0) + 1);
      }
    });
    const next = await definition({ VERSION: "v2" });
    await ecs().send(new UpdateServiceCommand({ cluster: "main", service: serviceName, taskDefinition: next }));
    const found = await describeService(serviceName);
    assert.deepEqual(
      found.deployments?.map((one) => [one.status, one.rolloutState]),
      [
        ["PRIMARY", "IN_PROGRESS"],
        ["ACTIVE", "COMPLETED"],
      ],
    );
    await steady(serviceName);
    running = false;
    await Promise.all(load);
    assert.deepEqual([...seen.keys()].sort(), ["v1", "v2"]);
    assert.equal((await get("/")).body, "v2");
  });

  it("takes the old port's targets out with the old tasks when the service's port changes", async () => {
    const { serviceName, targetGroupArn, get } = await service(await definition({ VERSION: "v1" }), {
      desiredCount: 2,
    });
    await steady(serviceName);
    await ecs().send(
      new UpdateServiceCommand({
        cluster: "main",
        service: serviceName,
        taskDefinition: await definition({ VERSION: "v2" }, { portMappings: [{ containerPort: 9090 }] }),
        loadBalancers: [{ targetGroupArn, containerName: "app", containerPort: 9090 }],
      }),
    );
    await steady(serviceName);
    assert.equal((await get("/")).body, "v2");
    const elb = cloud().client(ElasticLoadBalancingV2Client);
    const health = new DescribeTargetHealthCommand({ TargetGroupArn: targetGroupArn });
    await until("two targets, both healthy", async () => {
      const { TargetHealthDescriptions = [] } = await elb.send(health);
      const states = TargetHealthDescriptions.map(({ TargetHealth }) => TargetHealth?.State);
      return states.length === 2 && states.every((state) => state === "healthy");
    });
  });

  it("replaces a task killed by force", async () => {
    const { serviceName, get } = await service(await definition({ VERSION: "v1" }));
    await steady(serviceName);
    const [task] = await tasksOf(serviceName);
    assert.ok(task);
    process.kill(pidOf(task), "SIGKILL");
    await until("another task", async () => {
      const [other] = await tasksOf(serviceName);
      return other !== undefined && other.taskArn !== task.taskArn && other.lastStatus === "RUNNING";
    });
    await until("it serves again", async () => (await get("/")).status === 200);
    const [dead] = await tasksOf(serviceName, "STOPPED");
    assert.equal(dead?.stopCode, "EssentialContainerExited");
    assert.equal(dead?.stoppedReason, "Essential container in task exited");
    assert.equal(dead?.containers?.[0]?.exitCode, 137);
  });

  it("replaces tasks that never become healthy, and says why, with their last log lines", async () => {
    const { serviceName, targetGroupArn } = await service(await definition({ VERSION: "sick", UNHEALTHY: "1" }));
    const [stopped] = await until("a stopped task", async () => {
      const tasks = await tasksOf(serviceName, "STOPPED");
      return tasks.some((task) => task.lastStatus === "STOPPED") && tasks;
    });
    assert.equal(stopped?.stoppedReason, `Task failed ELB health checks in (target-group ${targetGroupArn})`);
    assert.ok(stopped);
    assert.ok((await logOf(stopped)).includes("starting sick"));
    const found = await describeService(serviceName);
    assert.match(
      found.events?.map((event) => event.message).join("\n") ?? "",
      /is unhealthy in \(target-group .*\) due to \(reason Health checks failed with these codes: \[500\]\)/,
    );
    assert.equal(found.deployments?.[0]?.rolloutState, "IN_PROGRESS");
  });

  it("breaks a deployment whose tasks crash and rolls it back", async () => {
    const first = await definition({ VERSION: "v1" });
    const breaker = {
      deploymentCircuitBreaker: { enable: true, rollback: true },
      minimumHealthyPercent: 100,
      maximumPercent: 200,
    };
    const { serviceName, get } = await service(first, { deploymentConfiguration: breaker });
    await steady(serviceName);
    const bad = await definition({ VERSION: "v2", CRASH: "no database" });
    await ecs().send(new UpdateServiceCommand({ cluster: "main", service: serviceName, taskDefinition: bad }));
    await until("the breaker", async () => {
      const { events = [] } = await describeService(serviceName);
      const said = events.map((event) => event.message ?? "");
      return (
        said.some((one) => /deployment failed: tasks failed to start/.test(one)) &&
        said.some((one) => /rolling back to deployment ecs-svc\/\d+\.$/.test(one))
      );
    });
    const found = await steady(serviceName);
    assert.equal(found.taskDefinition, first);
    assert.equal((await get("/")).body, "v1");
    const [dead] = (await tasksOf(serviceName, "STOPPED")).filter((task) => task.taskDefinitionArn === bad);
    assert.equal(dead?.containers?.[0]?.exitCode, 3);
    assert.ok(dead);
    assert.ok((await logOf(dead)).includes("cannot go on: no database"));
  });

  it("stops at a failed deployment when no rollback is asked for", async () => {
    const breaker = { deploymentCircuitBreaker: { enable: true, rollback: false } };
    const bad = await definition({ CRASH: "always" });
    const { serviceName } = await service(bad, { deploymentConfiguration: breaker, desiredCount: 0 });
    await steady(serviceName);
    await ecs().send(
      new UpdateServiceCommand({ cluster: "main", service: serviceName, desiredCount: 1, forceNewDeployment: true }),
    );
    await until(
      "the breaker",
      async () => (await describeService(serviceName)).deployments?.[0]?.rolloutState === "FAILED",
    );
    await until("no task", async () => (await tasksOf(serviceName)).length === 0);
  });

  it("scales in without cutting requests in flight, and stops with SIGTERM", async () => {
    const { serviceName, get } = await service(await definition({ VERSION: "v1" }));
    await steady(serviceName);
    const [task] = await tasksOf(serviceName);
    const slow = get("/slow");
    assert.ok(task);
    await until("the request is under way", async () => (await logOf(task)).includes("slow"));
    await ecs().send(new UpdateServiceCommand({ cluster: "main", service: serviceName, desiredCount: 0 }));
    assert.deepEqual(await slow, { status: 200, body: "v1" });
    await until("stopped", async () => (await tasksOf(serviceName, "STOPPED"))[0]?.lastStatus === "STOPPED");
    const [stopped] = await tasksOf(serviceName, "STOPPED");
    assert.equal(stopped?.containers?.[0]?.exitCode, 0);
    assert.deepEqual(await logOf(task), ["starting v1", "slow", "stopping"]);
  });

  it("leaves out a collector of traces, says so in its log, and switches tracing off beside it", async () => {
    const options = { "awslogs-group": "/app", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "collector" };
    const collector = {
      ...{ name: "collector", essential: false, image: `public.ecr.aws/x/aws-otel-collector@sha256:${"c".repeat(64)}` },
      logConfiguration: { logDriver: "awslogs" as const, options },
    };
    const { serviceName, get } = await service(await definition({}, {}, [collector]));
    await steady(serviceName);
    assert.equal(JSON.parse((await get("/environment")).body).OTEL_SDK_DISABLED, "true");
    const [task] = await tasksOf(serviceName);
    const left = task?.containers?.find(({ name }) => name === "collector");
    assert.equal(left?.lastStatus, "STOPPED");
    assert.match(left?.reason ?? "", /The sandbox runs no collector/);
    const logStreamName = `collector/collector/${task?.taskArn?.split("/").at(-1)}`;
    const said = await until("it is said", async () => {
      const command = new GetLogEventsCommand({ logGroupName: "/app", logStreamName });
      return (await cloud().client(CloudWatchLogsClient).send(command)).events?.[0]?.message;
    });
    assert.match(said, /The sandbox runs no collector/);
  });

  it("refuses what ECS refuses", async () => {
    const arn = await definition({});
    const { serviceName } = await service(arn, { desiredCount: 1 });
    const refused = (command: Promise<unknown>, name: string, message: RegExp) =>
      assert.rejects(command, (error: Error) => error.name === name && message.test(error.message));
    const base = {
      cluster: "main",
      serviceName,
      taskDefinition: arn,
      desiredCount: 1,
      networkConfiguration: network(),
    };
    await refused(ecs().send(new CreateServiceCommand(base)), "InvalidParameterException", /not idempotent/);
    await refused(
      ecs().send(new DeleteServiceCommand({ cluster: "main", service: serviceName })),
      "InvalidParameterException",
      /scaled above 0/,
    );
    await refused(
      ecs().send(new UpdateServiceCommand({ cluster: "main", service: "none" })),
      "ServiceNotFoundException",
      /not found/,
    );
    await refused(
      ecs().send(new CreateServiceCommand({ ...base, cluster: "none" })),
      "ClusterNotFoundException",
      /not found/,
    );
    await ecs().send(new DeregisterTaskDefinitionCommand({ taskDefinition: arn }));
    await refused(
      ecs().send(new RunTaskCommand({ cluster: "main", taskDefinition: arn, networkConfiguration: network() })),
      "ClientException",
      /inactive/,
    );
    const loose = await createGroup(cloud(), balancer().vpc);
    const other = await definition({});
    await refused(
      ecs().send(
        new CreateServiceCommand({
          ...base,
          serviceName: "loose",
          taskDefinition: other,
          loadBalancers: [{ targetGroupArn: loose, containerName: "app", containerPort: 8080 }],
        }),
      ),
      "InvalidParameterException",
      /does not have an associated load balancer/,
    );
    await refused(
      ecs().send(
        new RegisterTaskDefinitionCommand({
          family: "big",
          requiresCompatibilities: ["FARGATE"],
          cpu: "256",
          memory: "4096",
          containerDefinitions: [{ name: "a", image: "a" }],
        }),
      ),
      "ClientException",
      /No Fargate configuration exists/,
    );
  });

  it("deletes by force: drains, ends, and can be created again", async () => {
    const arn = await definition({ VERSION: "v1" });
    const { serviceName, targetGroupArn } = await service(arn);
    await steady(serviceName);
    const [task] = await tasksOf(serviceName);
    await ecs().send(new DeleteServiceCommand({ cluster: "main", service: serviceName, force: true }));
    await until("INACTIVE", async () => (await describeService(serviceName)).status === "INACTIVE");
    assert.ok(task);
    assert.throws(() => process.kill(pidOf(task), 0), /ESRCH/);
    await ecs().send(
      new CreateServiceCommand({
        cluster: "main",
        serviceName,
        taskDefinition: arn,
        desiredCount: 0,
        networkConfiguration: network(),
        loadBalancers: [{ targetGroupArn, containerName: "app", containerPort: 8080 }],
      }),
    );
    await steady(serviceName);
  });
});

/** Systems Manager has no client among this project's packages. */
async function putParameter(endpoint: string, Name: string, Value: string): Promise<void> {
  const authorization =
    "AWS4-HMAC-SHA256 Credential=sandbox/20260101/us-east-1/ssm/aws4_request, SignedHeaders=host, Signature=0";
  const { statusCode, body } = await request(endpoint, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": "AmazonSSM.PutParameter", authorization },
    body: JSON.stringify({ Name, Value, Type: "SecureString" }),
  });
  await body.dump();
  assert.equal(statusCode, 200);
}
