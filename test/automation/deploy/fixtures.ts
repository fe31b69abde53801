import type { Decision, Step } from "../../../automation/deploy/decide/decision.ts";
import type { DeployGoal, Goal, Limits, Target } from "../../../automation/deploy/decide/goal.ts";
import type {
  Observed,
  ObservedColour,
  ObservedService,
  ServicePlan,
} from "../../../automation/deploy/decide/model.ts";
import { nothingYet, type Progress } from "../../../automation/deploy/decide/progress.ts";
import type { Situation } from "../../../automation/deploy/decide/situation.ts";
import type { Deployed, ReleaseDocument, Setup } from "../../../programs/release.ts";

export const now = Date.UTC(2026, 0, 5, 9);
export const limits: Limits = {
  healthyMs: 60_000,
  failedTasks: 3,
  approvalMs: 600_000,
  keepWarmMs: 3_600_000,
  propagationMs: 20_000,
  finalBakeMs: 0,
  keepTaskDefinitions: 2,
};

export function target(version: string): Target {
  return {
    digest: `registry/web@sha256:${version.padEnd(64, "0")}`,
    version,
    taskDefinitionArn: `arn:aws:ecs:::task-definition/web:${version.slice(1)}`,
    release: `web-${version}`,
  };
}

export function deployed(version: string, migrations: readonly string[] = []): Deployed {
  return { ...target(version), deployedAt: "2026-01-01T00:00:00.000Z", migrations };
}

export function goal(change: Partial<DeployGoal> = {}): DeployGoal {
  return {
    kind: "deploy",
    operation: "00000001-deploy-v2",
    actor: "someone",
    version: "v2",
    strategy: { kind: "all-at-once" },
    services: [{ name: "web", order: 0, desiredCount: 2, scaling: { min: 1, max: 4 } }],
    limits,
    images: { web: { digest: target("v2").digest, version: "v2" } },
    migrate: { digest: target("v2").digest, version: "v2" },
    approval: false,
    ...change,
  };
}

export function goalFor(kind: "rollback" | "sweep" | "repair" | "adopt", change: Partial<DeployGoal> = {}): Goal {
  const { images: _i, migrate: _m, approval: _a, ...common } = goal(change);
  return { ...common, kind };
}

export function colour(change: Partial<ObservedColour> = {}): ObservedColour {
  const running = { desired: 2, running: 2, healthy: 2, registered: 2 };
  return {
    taskDefinitionArn: target("v1").taskDefinitionArn,
    ...running,
    rollout: "COMPLETED",
    failedTasks: 0,
    reasons: [],
    ...change,
  };
}

export const stopped = { desired: 0, running: 0, healthy: 0, registered: 0 };
export const onBlue = { blue: 100, green: 0 };
export const onGreen = { blue: 0, green: 100 };

export function service(change: Partial<ObservedService> = {}): ObservedService {
  const green = colour({ ...stopped, taskDefinitionArn: target("v0").taskDefinitionArn });
  return { weights: onBlue, preview: onGreen, blue: colour(), green, ...change };
}

export const v2: ObservedColour = colour({ taskDefinitionArn: target("v2").taskDefinitionArn });

/** v1 live on blue. */
export const release: ReleaseDocument = {
  format: 1,
  revision: 4,
  services: { web: { live: "blue", blue: deployed("v1") } },
};

export function observed(web: Partial<ObservedService> = {}, change: Partial<Observed> = {}): Observed {
  return { release, services: { web: service(web) }, ...change };
}

export const plan: ServicePlan = { from: "blue", to: "green", target: target("v2"), beforeDesired: 0 };

/** Staged, migrated and planned: v2 goes from blue to green. */
export function planned(change: Partial<Progress> = {}): Progress {
  return {
    ...nothingYet,
    staged: { web: target("v2") },
    migrated: true,
    plan: { web: plan },
    plannedAt: now,
    ...change,
  };
}

export function situation(change: Partial<Situation> = {}): Situation {
  return { goal: goal(), observed: observed(), progress: planned(), now, ...change };
}

/** What a decision comes to, in a few words. */
export function brief(decision: Decision): string {
  if (decision.kind === "halt") return `halt: ${decision.why}`;
  if (decision.kind === "end") return `${decision.outcome}: ${decision.why}`;
  if (decision.kind === "wait") return `wait ${decision.phase}: ${decision.why}`;
  return [decision.phase, ...details(decision)].join("; ");
}

function details({ undo, writes, probes = [] }: Step): string[] {
  return [
    ...(undo === undefined ? [] : [`give up: ${undo}`]),
    ...writes.map((w) => {
      if (w.kind === "set-weights")
        return `${w.service} ${w.rule} ${w.weights.blue}/${w.weights.green}${w.takes ? ` for ${w.takes}` : ""}${w.alone ? " alone" : ""}`;
      if (w.kind === "update-service")
        return `${w.service} ${w.colour} ${w.taskDefinitionArn.split("/").at(-1)} × ${w.desired}${w.reconfigure ? " anew" : ""}`;
      if (w.kind === "set-priorities")
        return w.places.map((one) => `${one.service} ${one.rule} at ${one.priority}`).join(", ");
      if (w.kind === "set-scaling")
        return `${w.service} ${w.colour} scales ${w.bounds.suspended ? "not" : `${w.bounds.min}-${w.bounds.max}`}`;
      return w.kind;
    }),
    ...probes.map((p) => p.kind),
  ];
}

const listener = "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/app/production/1/2";

/** An environment's outputs with these services, each in two colours. */
export function shapeWith(names: readonly string[], change: object = {}): Record<string, unknown> {
  const group = (name: string) =>
    `arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/${name.replace("/", "-")}/1`;
  const side = (name: string) => ({ serviceName: name.replace("/", "-"), targetGroupArn: group(name) });
  const service = (name: string) => ({
    ...{ path: `/${name}`, ruleArn: `rule/${name}`, previewRuleArn: `preview/${name}`, repository: name },
    ...{ blue: side(`${name}/blue`), green: side(`${name}/green`) },
    ...{ containerName: name, containerPort: 8080, logGroup: `/${name}`, healthCheckPath: `/${name}` },
    ...{ subnetIds: ["subnet-a", "subnet-b"], securityGroupId: "sg-1" },
    ...{ minCapacity: 1, maxCapacity: 4, desiredCount: 2 },
    ...{ deregistrationDelaySeconds: 30, stopTimeoutSeconds: 60, order: 0, checks: [] },
  });
  return {
    ...{ url: "http://production.example", clusterName: "production", listenerArn: listener },
    ...{ previewHeader: { name: "x-switchyard-preview", secretArn: "preview" }, alarmNames: ["production-5xx"] },
    services: Object.fromEntries(names.map((name) => [name, service(name)])),
    deploy: {},
    ...change,
  };
}

/** What a request meets of a release at this path and place. */
export function setup(path: string, priority = 100): Setup {
  const healthCheck = { path: "/", intervalSeconds: 5, timeoutSeconds: 2, healthyThreshold: 2, unhealthyThreshold: 2 };
  return {
    ...{ containerName: "web", port: 8080, subnetIds: ["s"], securityGroupId: "g", gracePeriodSeconds: 0, secrets: [] },
    ...{ group: { healthCheck, deregistrationDelaySeconds: 1 }, route: { path, priority } },
  };
}
