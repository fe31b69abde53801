import type { UpdateServiceRequest } from "@aws-sdk/client-ecs";
import { SwitchyardError } from "../../../programs/errors.ts";
import type { Colour } from "../../../programs/release.ts";
import { rollout } from "../../../programs/rollout.ts";
import type { Aws } from "../../aws/clients.ts";
import type { Lease } from "../../ledger/lease.ts";
import { writeRelease } from "../../ledger/release.ts";
import type { StackTable } from "../../ledger/table.ts";
import type { Mutation, Probe, Step, StepResult } from "../decide/decision.ts";
import { describeServices } from "../observe/health.ts";
import { invokeMigrations } from "../observe/migrations.ts";
import { scalingId } from "../observe/scaling.ts";
import type { EnvironmentShape, ServiceShape } from "../observe/shape.ts";
import { deregister } from "../observe/task-definitions.ts";
import { writePriorities, writeWeights } from "../observe/traffic.ts";
import { type ProofOptions, prove } from "./proof.ts";
import { setGroup } from "./target-group.ts";

export interface Actor {
  readonly aws: Aws;
  readonly table: StackTable;
  readonly lease: Lease;
  /** A write to AWS is given up after this many milliseconds, retries included. */
  readonly deadlineMs: number;
  readonly shape: () => EnvironmentShape;
  readonly proof: () => ProofOptions;
  /** Stages images: the program's preview with the policy pack, its update, and what it registered. */
  readonly stage: (mutation: Extract<Mutation, { kind: "stage" }>) => Promise<Pick<StepResult, "staged" | "planHash">>;
}

/** Performs a step's writes and runs its probes. A refusal that retrying cannot mend is a result, not an exception. */
export async function perform(step: Step, actor: Actor): Promise<StepResult> {
  if (step.phase === "undo") actor.aws.wayBack();
  try {
    const written = step.writes.map((write) => ({ write, done: mutate(write, actor) }));
    const parts = settled(written.map(({ done }) => done));
    // Each service is proven as soon as its own weights are written, however long the others take.
    const proofs = (step.probes ?? []).map(async (probe) => {
      await settled(written.flatMap(({ write, done }) => (concerns(write, probe) ? [done] : [])));
      return prove(probe, actor.proof());
    });
    const results = await settled([...proofs, parts.then((all) => Object.assign({ ok: true }, ...all))]);
    return results.find((r) => !r.ok) ?? Object.assign({}, ...results);
  } catch (error) {
    if (error instanceof SwitchyardError && final.has(error.code)) return { ok: false, problem: problemOf(error) };
    throw error;
  }
}

function concerns(write: Mutation, { service }: Probe): boolean {
  if (write.kind === "set-priorities") return true;
  return "service" in write && write.service === service;
}

/** Waits for all of them, also when one fails: no write may still be under way when the lease is given back. */
async function settled<T>(work: readonly Promise<T>[]): Promise<T[]> {
  const done = await Promise.allSettled(work);
  const failed = done.find((d) => d.status === "rejected");
  if (failed) throw failed.reason;
  return done.flatMap((d) => (d.status === "fulfilled" ? [d.value] : []));
}

const final: ReadonlySet<string> = new Set([
  "migration-failed",
  "policy-violation",
  "disruptive-change",
  "invalid-flag",
  "update-failed",
  "invalid-config",
  "service-in-use",
  "invalid-response",
]);

function problemOf(error: SwitchyardError): string {
  return error.message.replace(/\.$/, "");
}

async function mutate(write: Mutation, actor: Actor): Promise<Partial<StepResult>> {
  switch (write.kind) {
    case "stage":
      return actor.stage(write);
    case "migrate":
      return migrate(write, actor);
    case "set-weights":
      await setWeights(write, actor);
      return {};
    case "set-priorities":
      await writePriorities(actor.aws, actor.shape(), write.places, () => actor.lease.guard(actor.deadlineMs));
      return {};
    case "update-service":
      return updateService(write, actor);
    case "set-group": {
      const { targetGroupArn } = serviceOf(actor, write.service)[write.colour];
      await setGroup(actor.aws, targetGroupArn, write.settings, () => actor.lease.guard(actor.deadlineMs));
      return {};
    }
    case "set-scaling":
      await setScaling(write, actor);
      return {};
    case "deregister":
      await deregister(actor.aws, write.taskDefinitionArns, () => actor.lease.guard(actor.deadlineMs));
      return {};
    case "record-release":
      await writeRelease(actor.table, actor.lease, write.document);
      return {};
  }
}

async function migrate(write: Extract<Mutation, { kind: "migrate" }>, actor: Actor): Promise<Partial<StepResult>> {
  const name = actor.shape().migrationFunctionName;
  if (name === undefined) return { ran: [], applied: [] };
  const request = { action: "apply", phase: write.phase, runId: write.runId } as const;
  const { ran, applied } = await invokeMigrations(actor.aws, name, request, () => actor.lease.permit(actor.deadlineMs));
  return { ran, applied: applied.map((m) => m.name) };
}

async function setWeights(write: Extract<Mutation, { kind: "set-weights" }>, actor: Actor): Promise<void> {
  const service = serviceOf(actor, write.service);
  const rule = write.rule === "production" ? service.ruleArn : service.previewRuleArn;
  const { name } = actor.shape().previewHeader;
  const asksFor = write.rule === "preview" && write.takes !== undefined;
  const header = asksFor ? { header: { name, value: await actor.proof().previewSecret() } } : {};
  await writeWeights(actor.aws, service, rule, { ...write, ...header }, () => actor.lease.guard(actor.deadlineMs));
}

type ServiceUpdate = Extract<Mutation, { kind: "update-service" }>;

async function updateService(write: ServiceUpdate, actor: Actor): Promise<Partial<StepResult>> {
  const { UpdateServiceCommand } = await import("@aws-sdk/client-ecs");
  const ecs = await actor.aws.client("ecs");
  const service = serviceOf(actor, write.service);
  const { taskDefinitionArn } = write;
  const input = {
    cluster: actor.shape().clusterName,
    service: ecsName(actor, write.service, write.colour),
    desiredCount: write.desired,
    ...((write.reconfigure || write.setup) && placement(service, write)),
    ...(write.reconfigure && { forceNewDeployment: true }),
  };
  const send = (more: Pick<UpdateServiceRequest, "taskDefinition">) =>
    ecs.send(new UpdateServiceCommand({ ...input, ...more }), { abortSignal: actor.lease.guard(actor.deadlineMs) });
  try {
    await send({ taskDefinition: taskDefinitionArn });
    return {};
  } catch (error) {
    if (!isInactive(error)) throw error;
    // ECS starts more tasks of what a service runs already, as long as nobody names it.
    const [is] = (await describeServices(actor.aws, input.cluster, [input.service])).values();
    if (is?.taskDefinition === taskDefinitionArn && !write.reconfigure) await send({});
    else
      return {
        ok: false,
        problem: `${write.service}: ${inactiveProblem(taskDefinitionArn)}`,
        inactive: [taskDefinitionArn],
      };
    return {};
  }
}

function isInactive(error: unknown): boolean {
  return error instanceof Error && error.name === "ClientException" && /inactive/i.test(error.message);
}

function inactiveProblem(arn: string): string {
  return `task definition ${arn.slice(arn.lastIndexOf("/") + 1)} was deregistered by hand, and nothing can be started with it: \`switchyard up <stack> --refresh\` registers what is staged anew`;
}

/** Where the tasks live and register, and how they are replaced: as their release was staged, else as the program has it now. */
function placement(
  service: ServiceShape,
  { colour, setup }: Pick<Extract<Mutation, { kind: "update-service" }>, "colour" | "setup">,
): Partial<UpdateServiceRequest> {
  const { containerName, subnetIds, securityGroupId } = setup ?? service;
  const containerPort = setup?.port ?? service.containerPort;
  const subnets = [...subnetIds];
  return {
    ...(setup && { healthCheckGracePeriodSeconds: setup.gracePeriodSeconds }),
    platformVersion: rollout.platformVersion,
    deploymentConfiguration: {
      deploymentCircuitBreaker: rollout.circuitBreaker,
      minimumHealthyPercent: rollout.minimumPercent,
      maximumPercent: rollout.maximumPercent,
    },
    loadBalancers: [{ targetGroupArn: service[colour].targetGroupArn, containerName, containerPort }],
    networkConfiguration: {
      awsvpcConfiguration: { subnets, securityGroups: [securityGroupId], assignPublicIp: "DISABLED" },
    },
  };
}

async function setScaling(write: Extract<Mutation, { kind: "set-scaling" }>, actor: Actor): Promise<void> {
  const { RegisterScalableTargetCommand } = await import("@aws-sdk/client-application-auto-scaling");
  const scaling = await actor.aws.client("scaling");
  const { min, max, suspended } = write.bounds;
  await scaling.send(
    new RegisterScalableTargetCommand({
      ServiceNamespace: "ecs",
      ResourceId: scalingId(actor.shape(), ecsName(actor, write.service, write.colour)),
      ScalableDimension: "ecs:service:DesiredCount",
      MinCapacity: min,
      MaxCapacity: max,
      SuspendedState: {
        DynamicScalingInSuspended: suspended,
        DynamicScalingOutSuspended: suspended,
        ScheduledScalingSuspended: suspended,
      },
    }),
    { abortSignal: actor.lease.guard(actor.deadlineMs) },
  );
}

function serviceOf(actor: Actor, name: string): ServiceShape {
  const service = actor.shape().services[name];
  if (service) return service;
  throw new SwitchyardError("not-found", {
    what: `the environment has no service ${name}`,
    where: "the stack's outputs",
    fix: "run `switchyard up` for the stack, or remove the service from its configuration",
  });
}

function ecsName(actor: Actor, name: string, colour: Colour): string {
  const found = serviceOf(actor, name)[colour].serviceName;
  if (found !== undefined) return found;
  throw new SwitchyardError("not-found", {
    what: `${name} has no ECS service for ${colour} yet`,
    where: "the stack's outputs",
    fix: "deploy a version: the first deploy creates it",
  });
}
