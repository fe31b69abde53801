/** What an environment needs beside what serves: the next deploy, the next task, whoever keeps strangers out. */
import type { TaskDefinition } from "@aws-sdk/client-ecs";
import { colours, type ReleaseDocument } from "../../../programs/release.ts";
import type { Aws } from "../../aws/clients.ts";
import type { Halt } from "../decide/decision.ts";
import { isLeftOver } from "../decide/hands.ts";
import type { Observed } from "../decide/model.ts";
import { openedByHand } from "./opened.ts";
import type { EnvironmentShape } from "./shape.ts";
import { rolesDeleted, rolesOf } from "./task-roles.ts";
import { alarmStates } from "./watch.ts";

/** What a hand has deleted, deregistered or opened of an environment, each kind a halt of its own. */
export async function partsChanged(
  aws: Aws,
  stack: string,
  whole: EnvironmentShape,
  observed: Observed,
): Promise<readonly Halt[]> {
  const shape = standingShape(stack, whole, observed);
  const [alarms, parts, secrets, inactive, roles, opened] = await Promise.all([
    alarmStates(aws, shape.alarmNames),
    partsDeleted(aws, shape),
    secretsScheduled(aws, shape),
    deregistered(aws, observed.release),
    rolesOfLive(aws, observed.release),
    openedByHand(aws, stack),
  ]);
  const missing = alarms.flatMap(({ name, state }) => (state === "MISSING" ? [`alarm ${name}`] : []));
  const others = roles.filter((role) => !parts.includes(role));
  return [
    ...deletedHalt(stack, [...missing, ...parts]),
    ...secrets,
    ...inactiveHalt(stack, inactive),
    ...rolesHalt(stack, others),
    ...opened,
  ];
}

/** The shape without the services that an update without the driver took away: what was theirs went with them. */
export function standingShape(stack: string, shape: EnvironmentShape, observed: Observed): EnvironmentShape {
  const left = Object.keys(observed.services).filter((name) => isLeftOver(observed, name));
  return {
    ...shape,
    alarmNames: shape.alarmNames.filter((name) => !left.some((service) => isAlarmOf(stack, service, name))),
    services: Object.fromEntries(Object.entries(shape.services).filter(([name]) => !left.includes(name))),
  };
}

/** By the names the program gives the alarms of a service. */
function isAlarmOf(stack: string, service: string, name: string): boolean {
  return [...colours, "service"].some((part) => `${name}-`.startsWith(`${stack}-${service}-${part}-`));
}

function deletedHalt(stack: string, parts: readonly string[]): readonly Halt[] {
  if (parts.length === 0) return [];
  const why = `deleted by hand: ${parts.join(", ")}`;
  return [{ kind: "halt", why, fix: `\`switchyard up ${stack} --refresh\` makes it anew` }];
}

/** The migration function, log groups and roles that are not there: without them nothing of what is staged could start. */
export async function partsDeleted(aws: Aws, shape: EnvironmentShape): Promise<readonly string[]> {
  const name = shape.migrationFunctionName;
  const groups = [...new Set(Object.values(shape.services).map(({ logGroup }) => logGroup))];
  const [ofFunction, ofTasks, ...found] = await Promise.all([
    name === undefined ? [] : functionRoles(aws, name),
    stagedDefinitions(aws, shape),
    ...groups.map((group) => logGroupThere(aws, group)),
  ]);
  const lost = groups.filter((_, i) => !found[i]).map((group) => `log group ${group}`);
  const roles = await rolesDeleted(aws, [...(ofFunction ?? []), ...ofTasks.flatMap(rolesOf)]);
  return [...(ofFunction ? [] : [`migration function ${name}`]), ...lost, ...roles];
}

function stagedDefinitions(aws: Aws, { services }: EnvironmentShape): Promise<(TaskDefinition | undefined)[]> {
  const staged = Object.values(services).flatMap((service) => service.staged?.taskDefinitionArn ?? []);
  return Promise.all(staged.map((arn) => definitionOf(aws, arn)));
}

/** A halt for the secrets of what is staged that AWS is to delete: no task can read one, and no other can have its name. */
export async function secretsScheduled(aws: Aws, shape: EnvironmentShape): Promise<readonly Halt[]> {
  const named = (await stagedDefinitions(aws, shape)).flatMap((taskDefinition) => {
    const secrets = (taskDefinition?.containerDefinitions ?? []).flatMap((container) => container.secrets ?? []);
    return secrets.flatMap(({ valueFrom }) => secretArnOf(valueFrom ?? "") ?? []);
  });
  const arns = [...new Set(named)];
  const isScheduled = await Promise.all(arns.map((arn) => scheduled(aws, arn)));
  const found = arns.filter((_, i) => isScheduled[i]);
  if (found.length === 0) return [];
  const restores = found.map((arn) => `aws secretsmanager restore-secret --secret-id ${arn}`);
  const why = `secrets were scheduled for deletion: ${found.join(", ")}`;
  return [{ kind: "halt", why, fix: `bring them back, before any \`up --refresh\`: \`${restores.join("; ")}\`` }];
}

/** Without the JSON key, stage and version that may follow (Amazon ECS developer guide, "Pass sensitive data"). */
function secretArnOf(valueFrom: string): string | undefined {
  return /^arn:[^:]+:secretsmanager:[^:]+:\d+:secret:[^:]+/.exec(valueFrom)?.[0];
}

async function scheduled(aws: Aws, SecretId: string): Promise<boolean> {
  const { DescribeSecretCommand } = await import("@aws-sdk/client-secrets-manager");
  const secrets = await aws.client("secrets");
  try {
    return (await secrets.send(new DescribeSecretCommand({ SecretId }))).DeletedDate !== undefined;
  } catch (error) {
    // One that is gone for good is for the next update to make anew.
    if ((error as Error).name === "ResourceNotFoundException") return false;
    throw error;
  }
}

/** The role it runs with; undefined where there is no such function. */
async function functionRoles(aws: Aws, FunctionName: string): Promise<readonly string[] | undefined> {
  const { GetFunctionConfigurationCommand } = await import("@aws-sdk/client-lambda");
  const lambda = await aws.client("lambda");
  try {
    const { Role } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    return Role === undefined ? [] : [Role];
  } catch (error) {
    if ((error as Error).name === "ResourceNotFoundException") return undefined;
    throw error;
  }
}

async function logGroupThere(aws: Aws, logGroupNamePrefix: string): Promise<boolean> {
  const { DescribeLogGroupsCommand } = await import("@aws-sdk/client-cloudwatch-logs");
  const logs = await aws.client("logs");
  // Groups come in the order of their names: the one that is the prefix itself is the first.
  const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix, limit: 1 }));
  return logGroups[0]?.logGroupName === logGroupNamePrefix;
}

/** `web blue, which serves (web:3)`, of what the ledger may have to start again. */
async function deregistered(aws: Aws, { services }: ReleaseDocument): Promise<readonly string[]> {
  const held = Object.entries(services).flatMap(([name, service]) =>
    colours.flatMap((colour) => {
      const arn = service[colour]?.taskDefinitionArn;
      return arn === undefined
        ? []
        : [{ arn, what: `${name} ${colour}${service.live === colour ? ", which serves" : ""}` }];
    }),
  );
  const asked = held.map(async ({ arn, what }) => {
    const taskDefinition = await definitionOf(aws, arn);
    return taskDefinition?.status !== "ACTIVE" ? [`${what} (${arn.slice(arn.lastIndexOf("/") + 1)})`] : [];
  });
  return (await Promise.all(asked)).flat();
}

async function rolesOfLive(aws: Aws, { services }: ReleaseDocument): Promise<readonly string[]> {
  const live = Object.values(services).flatMap((service) => (service.live && service[service.live]) ?? []);
  const definitions = await Promise.all(live.map(({ taskDefinitionArn }) => definitionOf(aws, taskDefinitionArn)));
  return rolesDeleted(aws, definitions.flatMap(rolesOf));
}

/** An update makes roles of other names, which only a new task definition has. */
function rolesHalt(stack: string, roles: readonly string[]): readonly Halt[] {
  if (roles.length === 0) return [];
  const why = `deleted by hand: ${roles.join(", ")} of what serves, which goes on, and of which no other task can start`;
  return [{ kind: "halt", why, fix: `\`switchyard up ${stack} --refresh\`, and deploy what serves again` }];
}

/** Undefined for one that was deleted after it was deregistered. */
async function definitionOf(aws: Aws, taskDefinition: string): Promise<TaskDefinition | undefined> {
  const { DescribeTaskDefinitionCommand } = await import("@aws-sdk/client-ecs");
  const ecs = await aws.client("ecs");
  try {
    return (await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition }))).taskDefinition;
  } catch (error) {
    if ((error as Error).name === "ClientException") return undefined;
    throw error;
  }
}

/** ECS goes on with a service whose task definition is inactive, and starts no other with it (Amazon ECS developer guide, "Deregistering"). */
function inactiveHalt(stack: string, found: readonly string[]): readonly Halt[] {
  if (found.length === 0) return [];
  return [
    {
      kind: "halt",
      why: `task definitions were deregistered by hand: ${found.join("; ")}`,
      fix: `what serves goes on, and nothing else can be started with them: deploy the next version, or \`switchyard up ${stack} --refresh\` and deploy`,
    },
  ];
}
