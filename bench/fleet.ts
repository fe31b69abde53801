/**
 * Many services beside the environment's own: set up through the AWS SDKs, not by the program, so that a bench need not
 * wait for its update. To the driver they are what a program's outputs and a ledger say they are. Their image is the
 * least a service can be (`service/`); every one runs a task of its own on each colour.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DynamoDB } from "@aws-sdk/client-dynamodb";
import { ECR } from "@aws-sdk/client-ecr";
import { ECS, type RegisterTaskDefinitionCommandInput } from "@aws-sdk/client-ecs";
import { ElasticLoadBalancingV2 } from "@aws-sdk/client-elastic-load-balancing-v2";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import { loadImages } from "@switchyard/sandbox";
import { ledgerTableName } from "../automation/deploy/conduct/session.ts";
import { type EnvironmentShape, environmentShape, type ServiceShape } from "../automation/deploy/observe/shape.ts";
import { type Colour, colours, type Deployed } from "../programs/release.ts";

const { packImage, parseDockerfile, parseReference, push } = await loadImages();

const source = join(import.meta.dirname, "service");
const deadlineMs = 180_000;
/** After the api's rules and before web's, whose path is everything. */
const firstPriority = 1_200;

export interface Fleet {
  /** Shape and release of a stack that has the first so many of the services, written to the ledger. */
  stack(name: string, services: number): Promise<EnvironmentShape>;
}

const clients = () => ({
  dynamodb: new DynamoDB({}),
  ecr: new ECR({}),
  ecs: new ECS({}),
  elb: new ElasticLoadBalancingV2({}),
});
type Clients = ReturnType<typeof clients>;

/** Starts so many services in the environment `sandbox`, and waits until all of their targets are healthy. */
export async function startFleet(size: number): Promise<Fleet> {
  const aws = clients();
  const shape = await sandboxShape(aws);
  const deployed = Object.fromEntries(
    await Promise.all(colours.map(async (colour) => [colour, await release(aws, shape, colour)] as const)),
  ) as Record<Colour, Deployed>;
  const services: [string, ServiceShape][] = [];
  for (let i = 0; i < size; i++) services.push(await startService(aws, shape, deployed, i));
  await healthy(
    aws,
    services.flatMap(([, s]) => colours.map((colour) => s[colour].targetGroupArn)),
  );
  return {
    stack: async (name, count) => {
      const own = Object.fromEntries(services.slice(0, count));
      const outputs = { ...shape, alarmNames: [], services: own };
      const releases = Object.fromEntries(Object.keys(own).map((key) => [key, { live: "blue", ...deployed }]));
      await put(aws, name, "shape", { outputs: JSON.stringify(outputs) });
      const document = JSON.stringify({ format: 1, revision: 1, services: releases });
      await put(aws, name, "release", { document, revision: 1 });
      return environmentShape(name, outputs);
    },
  };
}

async function sandboxShape({ dynamodb }: Clients): Promise<EnvironmentShape> {
  const Key = marshall({ stack: "sandbox", item: "shape" });
  const { Item } = await dynamodb.getItem({ TableName: ledgerTableName, Key });
  return environmentShape("sandbox", JSON.parse(String(unmarshall(Item ?? {})["outputs"])));
}

async function put({ dynamodb }: Clients, stack: string, item: string, value: Record<string, unknown>): Promise<void> {
  await dynamodb.putItem({ TableName: ledgerTableName, Item: marshall({ ...value, stack, item }) });
}

/** Pushes the image and registers a task definition of it, for one colour. */
async function release(aws: Clients, shape: EnvironmentShape, colour: Colour): Promise<Deployed> {
  const version = colour === "blue" ? "light-1" : "light-2";
  const repository = `bench/${colour}`;
  const { repository: made } = await aws.ecr.createRepository({ repositoryName: repository });
  const file = join(source, "Dockerfile");
  const args = { VERSION: version };
  const image = await packImage({
    dockerfile: parseDockerfile(file, await readFile(file, "utf8"), args),
    context: source,
    platform: process.arch === "arm64" ? "linux/arm64" : "linux/amd64",
    args,
  });
  const uri = made?.repositoryUri ?? "";
  await push(image, parseReference(`${uri}:${version}`), { in: () => ({ ecr: aws.ecr }) } as never);
  const digest = `${uri}@${image.digest}`;
  const fingerprint = `bench-${version}`;
  const { taskDefinition } = await aws.ecs.registerTaskDefinition({
    ...(await roles(aws, shape)),
    family: `bench-${colour}`,
    networkMode: "awsvpc",
    requiresCompatibilities: ["FARGATE"],
    cpu: "256",
    memory: "512",
    containerDefinitions: [
      {
        name: "app",
        image: digest,
        essential: true,
        portMappings: [{ containerPort: 8080 }],
        environment: [{ name: "RELEASE", value: fingerprint }],
      },
    ],
  });
  const taskDefinitionArn = taskDefinition?.taskDefinitionArn ?? "";
  return {
    digest,
    version,
    taskDefinitionArn,
    release: fingerprint,
    deployedAt: new Date().toISOString(),
    migrations: [],
  };
}

/** The roles of the environment's own web service. */
async function roles(
  { ecs }: Clients,
  shape: EnvironmentShape,
): Promise<Pick<RegisterTaskDefinitionCommandInput, "executionRoleArn" | "taskRoleArn">> {
  const { taskDefinition } = await ecs.describeTaskDefinition({
    taskDefinition: shape.services["web"]?.staged?.taskDefinitionArn,
  });
  return { executionRoleArn: taskDefinition?.executionRoleArn, taskRoleArn: taskDefinition?.taskRoleArn };
}

async function startService(
  aws: Clients,
  shape: EnvironmentShape,
  deployed: Readonly<Record<Colour, Deployed>>,
  index: number,
): Promise<[string, ServiceShape]> {
  const name = `s${String(index).padStart(2, "0")}`;
  const web = shape.services["web"] as ServiceShape;
  const { TargetGroups } = await aws.elb.describeTargetGroups({ TargetGroupArns: [web.blue.targetGroupArn] });
  const groups = await Promise.all(
    colours.map((colour) =>
      aws.elb.createTargetGroup({
        Name: `bench-${name}-${colour}`,
        Protocol: "HTTP",
        Port: 8080,
        TargetType: "ip",
        VpcId: TargetGroups?.[0]?.VpcId,
        HealthCheckPath: "/",
        HealthCheckIntervalSeconds: 300,
        HealthyThresholdCount: 2,
      }),
    ),
  );
  const [blue = "", green = ""] = groups.map((g) => g.TargetGroups?.[0]?.TargetGroupArn ?? "");
  const path = `/${name}/*`;
  const rule = async (priority: number, weights: Record<Colour, number>, header?: string) => {
    const { Rules } = await aws.elb.createRule({
      ListenerArn: shape.listenerArn,
      Priority: priority,
      Conditions: [
        { Field: "path-pattern", PathPatternConfig: { Values: [path] } },
        ...(header ? [{ Field: "http-header", HttpHeaderConfig: { HttpHeaderName: header, Values: ["bench"] } }] : []),
      ],
      Actions: [
        {
          Type: "forward",
          ForwardConfig: {
            TargetGroups: [
              { TargetGroupArn: blue, Weight: weights.blue },
              { TargetGroupArn: green, Weight: weights.green },
            ],
          },
        },
      ],
    });
    return Rules?.[0]?.RuleArn ?? "";
  };
  const previewRuleArn = await rule(firstPriority + 2 * index, { blue: 0, green: 100 }, shape.previewHeader.name);
  const ruleArn = await rule(firstPriority + 2 * index + 1, { blue: 100, green: 0 });
  const side = async (colour: Colour, targetGroupArn: string) => {
    const serviceName = `bench-${name}-${colour}`;
    await aws.ecs.createService({
      cluster: shape.clusterName,
      serviceName,
      taskDefinition: deployed[colour].taskDefinitionArn,
      desiredCount: 1,
      launchType: "FARGATE",
      loadBalancers: [{ targetGroupArn, containerName: "app", containerPort: 8080 }],
      networkConfiguration: {
        awsvpcConfiguration: { subnets: [...web.subnetIds], securityGroups: [web.securityGroupId] },
      },
    });
    return { serviceName, targetGroupArn };
  };
  const service: ServiceShape = {
    ...web,
    path: `/${name}`,
    ruleArn,
    previewRuleArn,
    blue: await side("blue", blue),
    green: await side("green", green),
    containerName: "app",
    containerPort: 8080,
    healthCheckPath: `/${name}/`,
    minCapacity: 1,
    maxCapacity: 1,
    desiredCount: 1,
  };
  return [name, service];
}

async function healthy({ elb }: Clients, groups: readonly string[]): Promise<void> {
  const until = Date.now() + deadlineMs;
  for (const TargetGroupArn of groups)
    for (;;) {
      const { TargetHealthDescriptions = [] } = await elb.describeTargetHealth({ TargetGroupArn });
      if (TargetHealthDescriptions.some((t) => t.TargetHealth?.State === "healthy")) break;
      if (Date.now() > until) throw new Error(`${TargetGroupArn} is not healthy after ${deadlineMs / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
}
