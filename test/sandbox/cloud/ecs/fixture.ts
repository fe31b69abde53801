import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CloudWatchLogsClient, CreateLogGroupCommand, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  CreateClusterCommand,
  CreateServiceCommand,
  type CreateServiceCommandInput,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  type RegisterTaskDefinitionCommandInput,
  type Task,
} from "@aws-sdk/client-ecs";
import { CreateRuleCommand, ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { request } from "undici";
import { type Balancer, createBalancer, createGroup, until, useInProcessCloud } from "../alb/in-process.ts";

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

/** A cluster, a load balancer and an image in a cloud of the suite's own, and what tests do with them. */
export function useApp() {
  const cloud = useInProcessCloud();
  let balancer: Balancer;
  let count = 0;
  const ecs = () => cloud().client(ECSClient);

  before(async function () {
    this.timeout(60_000);
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
    beside: NonNullable<RegisterTaskDefinitionCommandInput["containerDefinitions"]> = [],
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
          ...beside,
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
    return { serviceName, targetGroupArn, get };
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

  return {
    cloud,
    balancer: () => balancer,
    definition,
    network,
    service,
    describeService,
    steady,
    tasksOf,
    logOf,
    pidOf,
    ecs,
  };
}
