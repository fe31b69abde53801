import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CloudWatchLogsClient, CreateLogGroupCommand, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  DeleteClusterCommand,
  DeleteServiceCommand,
  DeregisterTaskDefinitionCommand,
  DescribeClustersCommand,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ExecuteCommandCommand,
  ListServicesCommand,
  ListTagsForResourceCommand,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  RunTaskCommand,
  StopTaskCommand,
  TagResourceCommand,
  type Task,
  UntagResourceCommand,
  UpdateServiceCommand,
} from "@aws-sdk/client-ecs";
import {
  CreateRuleCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { request } from "undici";
import {
  type Balancer,
  createBalancer,
  createGroup,
  startInProcess,
  until,
  useInProcessCloud,
} from "../alb/in-process.ts";

/** A service that can be told to be unhealthy, to crash at once, or to print its environment. */
const program = `
import { createServer } from "node:http";
console.log("starting " + process.env.VERSION);
if (process.env.CRASH) { console.error("cannot go on: " + process.env.CRASH); process.exit(3); }
const server = createServer((request, response) => {
  if (request.url === "/healthz") return void response.writeHead(process.env.UNHEALTHY ? 500 : 200).end();
  if (request.url === "/environment") return void response.end(JSON.stringify(process.env));
  if (request.url === "/slow") { console.log("slow"); return void setTimeout(() => response.end(process.env.VERSION), 500); }
  response.end(process.env.VERSION);
});
server.listen(Number(process.env.PORT), process.env.HOST);
process.on("SIGTERM", () => { console.log("stopping"); server.close(() => process.exit(0)); server.closeIdleConnections(); });
`;

describe("services and tasks", () => {
  const cloud = useInProcessCloud();
  let balancer: Balancer;
  let count = 0;
  const ecs = () => cloud().client(ECSClient);

  before(async () => {
    const rootfs = join(cloud().dir, "rootfs");
    mkdirSync(join(rootfs, "app"), { recursive: true });
    writeFileSync(join(rootfs, "app/main.mjs"), program);
    const config = {
      Entrypoint: ["node", "/app/main.mjs"],
      WorkingDir: "/app",
      Env: ["FROM_IMAGE=yes", "VERSION=none"],
    };
    cloud().images.set("app@sha256:1", { digest: "sha256:1", rootfs, config });
    await ecs().send(new CreateClusterCommand({ clusterName: "main" }));
    await cloud()
      .client(CloudWatchLogsClient)
      .send(new CreateLogGroupCommand({ logGroupName: "/app" }));
    balancer = await createBalancer(cloud());
  });

  async function definition(
    environment: Record<string, string> = {},
    more: Partial<NonNullable<RegisterTaskDefinitionCommandInput["containerDefinitions"]>[number]> = {},
  ): Promise<string> {
    const answer = await ecs().send(
      new RegisterTaskDefinitionCommand({
        family: "app",
        requiresCompatibilities: ["FARGATE"],
        networkMode: "awsvpc",
        cpu: "256",
        memory: "512",
        containerDefinitions: [
          {
            name: "app",
            image: "app@sha256:1",
            essential: true,
            portMappings: [{ containerPort: 8080 }],
            environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
            logConfiguration: {
              logDriver: "awslogs",
              options: { "awslogs-group": "/app", "awslogs-region": "us-east-1", "awslogs-stream-prefix": "app" },
            },
            ...more,
          },
        ],
      }),
    );
    return answer.taskDefinition?.taskDefinitionArn ?? "";
  }

  const network = () => ({ awsvpcConfiguration: { subnets: balancer.subnets } });

  /** A service behind a rule of its own. */
  async function service(taskDefinition: string, more: Partial<CreateServiceCommandInput> = {}) {
    count += 1;
    const serviceName = `app-${count}`;
    const path = `/s${count}*`;
    const targetGroupArn = await createGroup(cloud(), balancer.vpc);
    await cloud()
      .client(ElasticLoadBalancingV2Client)
      .send(
        new CreateRuleCommand({
          ListenerArn: balancer.listener,
          Priority: count,
          Conditions: [
            { Field: "path-pattern", PathPatternConfig: { Values: ["*"] } },
            { Field: "http-header", HttpHeaderConfig: { HttpHeaderName: "x-service", Values: [serviceName] } },
          ],
          Actions: [{ Type: "forward", TargetGroupArn: targetGroupArn }],
        }),
      );
    await ecs().send(
      new CreateServiceCommand({
        cluster: "main",
        serviceName,
        taskDefinition,
        desiredCount: 1,
        launchType: "FARGATE",
        networkConfiguration: network(),
        loadBalancers: [{ targetGroupArn, containerName: "app", containerPort: 8080 }],
        ...more,
      }),
    );
    const get = async (url: string) => {
      const answer = await request(`${balancer.url}${url}`, { headers: { "x-service": serviceName } });
      return { status: answer.statusCode, body: await answer.body.text() };
    };
    return { serviceName, targetGroupArn, path, get };
  }

  const describeService = async (name: string) => {
    const answer = await ecs().send(new DescribeServicesCommand({ cluster: "main", services: [name] }));
    const found = answer.services?.[0];
    assert.ok(found);
    return found;
  };
  const steady = (name: string) =>
    until(`${name} steady`, async () => {
      const found = await describeService(name);
      const [deployment] = found.deployments ?? [];
      return (
        found.deployments?.length === 1 &&
        deployment?.rolloutState === "COMPLETED" &&
        found.runningCount === found.desiredCount &&
        found
      );
    });
  const tasksOf = async (name: string, desiredStatus: "RUNNING" | "STOPPED" = "RUNNING"): Promise<Task[]> => {
    const { taskArns } = await ecs().send(new ListTasksCommand({ cluster: "main", serviceName: name, desiredStatus }));
    if (!taskArns?.length) return [];
    return (await ecs().send(new DescribeTasksCommand({ cluster: "main", tasks: taskArns }))).tasks ?? [];
  };
  const logOf = async (task: Task) => {
    const command = new GetLogEventsCommand({
      logGroupName: "/app",
      logStreamName: `app/app/${task.taskArn?.split("/").at(-1)}`,
      startFromHead: true,
    });
    return ((await cloud().client(CloudWatchLogsClient).send(command)).events ?? []).map((event) => event.message);
  };
  const pidOf = (task: Task) => Number(task.containers?.[0]?.runtimeId?.split("-")[1]);

  it("runs tasks as processes, in service when healthy, with their environment and secrets", async () => {
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
      { secrets: [{ name: "PASSWORD", valueFrom: `${secret.ARN}:password::` }] },
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

  it("runs a one-off task with overrides to its end", async () => {
    const taskDefinition = await definition({});
    const { tasks } = await ecs().send(
      new RunTaskCommand({
        cluster: "main",
        taskDefinition,
        networkConfiguration: network(),
        overrides: { containerOverrides: [{ name: "app", environment: [{ name: "CRASH", value: "on purpose" }] }] },
      }),
    );
    const arn = tasks?.[0]?.taskArn ?? "";
    const stopped = await until("it ends", async () => {
      const answer = await ecs().send(new DescribeTasksCommand({ cluster: "main", tasks: [arn] }));
      return answer.tasks?.[0]?.lastStatus === "STOPPED" && answer.tasks[0];
    });
    assert.equal(stopped.containers?.[0]?.exitCode, 3);
  });

  it("stops a task on request, with the reason given", async () => {
    const { tasks } = await ecs().send(
      new RunTaskCommand({ cluster: "main", taskDefinition: await definition({}), networkConfiguration: network() }),
    );
    const task = tasks?.[0]?.taskArn ?? "";
    const find = async () =>
      (await ecs().send(new DescribeTasksCommand({ cluster: "main", tasks: [task] }))).tasks?.[0];
    await until("running", async () => (await find())?.lastStatus === "RUNNING");
    await ecs().send(new StopTaskCommand({ cluster: "main", task, reason: "enough" }));
    await until("stopped", async () => (await find())?.lastStatus === "STOPPED");
    const stopped = await find();
    assert.deepEqual([stopped?.stopCode, stopped?.stoppedReason], ["UserInitiated", "enough"]);
  });

  it("says why a task cannot start", async () => {
    const missing = await definition({}, { image: "app@sha256:missing" });
    const { tasks } = await ecs().send(
      new RunTaskCommand({ cluster: "main", taskDefinition: missing, networkConfiguration: network() }),
    );
    const stopped = await until("it fails", async () => {
      const answer = await ecs().send(
        new DescribeTasksCommand({ cluster: "main", tasks: [tasks?.[0]?.taskArn ?? ""] }),
      );
      return answer.tasks?.[0]?.lastStatus === "STOPPED" && answer.tasks[0];
    });
    assert.equal(stopped.stopCode, "TaskFailedToStart");
    assert.equal(
      stopped.stoppedReason,
      "CannotPullContainerError: app@sha256:missing: app@sha256:missing was never pushed",
    );
  });

  it("reads task definitions by family, revision and order", async () => {
    const family = "ordered";
    for (let n = 0; n < 11; n++) {
      await ecs().send(
        new RegisterTaskDefinitionCommand({ family, containerDefinitions: [{ name: "a", image: "a", memory: 64 }] }),
      );
    }
    await ecs().send(new DeregisterTaskDefinitionCommand({ taskDefinition: `${family}:11` }));
    const first = await ecs().send(
      new ListTaskDefinitionsCommand({ familyPrefix: family, sort: "DESC", maxResults: 2 }),
    );
    assert.deepEqual(
      first.taskDefinitionArns?.map((arn) => arn.split("/")[1]),
      ["ordered:10", "ordered:9"],
    );
    const next = await ecs().send(
      new ListTaskDefinitionsCommand({ familyPrefix: family, sort: "DESC", maxResults: 2, nextToken: first.nextToken }),
    );
    assert.deepEqual(
      next.taskDefinitionArns?.map((arn) => arn.split("/")[1]),
      ["ordered:8", "ordered:7"],
    );
    const { taskDefinition } = await ecs().send(new DescribeTaskDefinitionCommand({ taskDefinition: family }));
    assert.equal(taskDefinition?.revision, 10);
    assert.ok(taskDefinition?.registeredAt);
  });

  it("keeps tags of services and tasks, and counts them in their cluster", async () => {
    const { serviceName } = await service(await definition({ VERSION: "v1" }), {
      tags: [{ key: "team", value: "web" }],
      propagateTags: "SERVICE",
    });
    const { serviceArn: resourceArn } = await steady(serviceName);
    await ecs().send(new TagResourceCommand({ resourceArn, tags: [{ key: "tier", value: "1" }] }));
    await ecs().send(new UntagResourceCommand({ resourceArn, tagKeys: ["team"] }));
    const { tags } = await ecs().send(new ListTagsForResourceCommand({ resourceArn }));
    assert.deepEqual(tags, [{ key: "tier", value: "1" }]);
    assert.deepEqual((await tasksOf(serviceName))[0]?.tags, [{ key: "team", value: "web" }]);
    const { clusters } = await ecs().send(new DescribeClustersCommand({ clusters: ["main"] }));
    assert.ok((clusters?.[0]?.runningTasksCount ?? 0) > 0);
    await assert.rejects(ecs().send(new DeleteClusterCommand({ cluster: "main" })), {
      name: "ClusterContainsServicesException",
    });
    const { serviceArns } = await ecs().send(new ListServicesCommand({ cluster: "main", maxResults: 1 }));
    assert.equal(serviceArns?.length, 1);
  });

  it("names what it lacks", async () => {
    const arn = await definition({});
    const base = { cluster: "main", serviceName: "odd", taskDefinition: arn, networkConfiguration: network() };
    const lacks = (command: Promise<unknown>, what: RegExp) => assert.rejects(command, what);
    await lacks(
      ecs().send(new CreateServiceCommand({ ...base, schedulingStrategy: "DAEMON" })),
      /lacks the scheduling strategy DAEMON/,
    );
    await lacks(
      ecs().send(new CreateServiceCommand({ ...base, deploymentController: { type: "CODE_DEPLOY" } })),
      /lacks the deployment controller CODE_DEPLOY/,
    );
    await lacks(
      ecs().send(new CreateServiceCommand({ ...base, deploymentConfiguration: { strategy: "BLUE_GREEN" } })),
      /lacks the deployment strategy BLUE_GREEN/,
    );
    await lacks(
      ecs().send(new ExecuteCommandCommand({ cluster: "main", task: "x", command: "sh", interactive: true })),
      /lacks ecs:ExecuteCommand/,
    );
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
    const loose = await createGroup(cloud(), balancer.vpc);
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

describe("stopping the cloud", () => {
  it("leaves no task, no port and no file behind", async function () {
    this.timeout(60_000);
    const cloud = await startInProcess(0.02);
    const { url, subnets } = await createBalancer(cloud);
    const rootfs = join(cloud.dir, "rootfs");
    mkdirSync(rootfs);
    cloud.images.set("sleep", {
      digest: "sha256:2",
      rootfs,
      config: { Entrypoint: ["node", "-e", "setInterval(() => {}, 1000)"] },
    });
    const ecs = cloud.client(ECSClient);
    await ecs.send(new CreateClusterCommand({ clusterName: "main" }));
    const { taskDefinition } = await ecs.send(
      new RegisterTaskDefinitionCommand({
        family: "sleep",
        requiresCompatibilities: ["FARGATE"],
        cpu: "256",
        memory: "512",
        networkMode: "awsvpc",
        containerDefinitions: [{ name: "sleep", image: "sleep" }],
      }),
    );
    const { tasks } = await ecs.send(
      new RunTaskCommand({
        cluster: "main",
        taskDefinition: taskDefinition?.taskDefinitionArn,
        networkConfiguration: { awsvpcConfiguration: { subnets } },
      }),
    );
    const task = await until("it runs", async () => {
      const answer = await ecs.send(new DescribeTasksCommand({ cluster: "main", tasks: [tasks?.[0]?.taskArn ?? ""] }));
      return answer.tasks?.[0]?.lastStatus === "RUNNING" && answer.tasks[0];
    });
    const pid = Number(task.containers?.[0]?.runtimeId?.split("-")[1]);
    process.kill(pid, 0);
    await cloud.stop();
    assert.throws(() => process.kill(pid, 0), /ESRCH/);
    await assert.rejects(request(url), /ECONNREFUSED/);
    assert.equal(existsSync(cloud.dir), false);
  });
});
