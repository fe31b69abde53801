import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  DeleteClusterCommand,
  DeregisterTaskDefinitionCommand,
  DescribeClustersCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ECSClient,
  ExecuteCommandCommand,
  ListServicesCommand,
  ListTagsForResourceCommand,
  ListTaskDefinitionsCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from "@aws-sdk/client-ecs";
import { request } from "undici";
import { createBalancer, startInProcess, until } from "../alb/in-process.ts";

import { useApp } from "./fixture.ts";

describe("tasks", () => {
  const { definition, network, service, steady, tasksOf, ecs } = useApp();

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
