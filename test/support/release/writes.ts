import type { FaultHit } from "@switchyard/sandbox";
import { changesNothing, type MutationName } from "../../../automation/deploy/decide/mutations.ts";
import type { EnvironmentShape } from "../../../automation/deploy/observe/shape.ts";
import { familyOf } from "../../../automation/deploy/observe/task-definitions.ts";

/** A write to AWS as it is recognised on the wire. */
export interface Write {
  readonly name: string;
  /** Signing name. */
  readonly service: string;
  /** "*": any the body fits. */
  readonly operation: string;
  /** Regular expression of its body. */
  readonly body: string;
}

/** How each of the driver's mutations looks on the wire; one that is new there has to be added here. */
export function driverWrites(shape: EnvironmentShape): Readonly<Record<MutationName, readonly Write[]>> {
  const services = Object.entries(shape.services);
  const families = services.flatMap(([, s]) => (s.staged ? familyOf(s.staged.taskDefinitionArn) : []));
  const ecsNames = services.flatMap(([, { blue, green }]) => [blue.serviceName ?? [], green.serviceName ?? []].flat());
  const weights = (name: string, arns: readonly string[]) =>
    write(name, "elasticloadbalancing", "ModifyRule", `^RuleArn=${anyOf(arns)}$`);
  const scaling = (name: string, suspended: boolean) =>
    write(
      name,
      "application-autoscaling",
      "RegisterScalableTarget",
      `/${anyOf(ecsNames)}".*"DynamicScalingInSuspended":${suspended}`,
    );
  const stagePhase = '\\\\"phase\\\\":\\\\"stage\\\\"';
  const staged = '\\\\"next\\\\":';
  return {
    stage: [
      put("what to stage", "release", `^(?=.*${staged})`),
      write("task definitions", "ecs", "RegisterTaskDefinition", `"family":"${anyOf(families)}"`),
      write("migration function", "lambda", "*", '"ImageUri"|"Description"'),
      write("dashboard", "monitoring", "PutDashboard", '"DashboardName"'),
      put("update begun", "update", '^(?=.*"open":\\{"BOOL":true)'),
      put("update done", "update", '^(?=.*"open":\\{"BOOL":false)'),
      put("program's outputs", "shape"),
    ],
    migrate: [write("migrations", "lambda", "Invoke", '"action":"apply","phase":"expand"')],
    // What it writes to the ledger is told from a release's only by who does.
    contract: [write("contract migrations", "lambda", "Invoke", '"action":"apply","phase":"contract"')],
    "set-scaling": [scaling("autoscaling held still", true), scaling("autoscaling let run", false)],
    // The preview rules are written together: one is held while the other goes through.
    "set-weights": [
      weights(
        "weights of the preview rules",
        services.map(([, s]) => s.previewRuleArn),
      ),
      ...services.map(([name, s]) => weights(`weights of ${name}`, [s.ruleArn])),
    ],
    "set-priorities": [write("places of rules", "elasticloadbalancing", "SetRulePriorities", "RulePriorities")],
    "set-group": [
      write("checks of a target group", "elasticloadbalancing", "ModifyTargetGroup", "HealthCheckPath="),
      write(
        "attributes of a target group",
        "elasticloadbalancing",
        "ModifyTargetGroupAttributes",
        "deregistration_delay",
      ),
    ],
    "update-service": [write("tasks of a colour", "ecs", "UpdateService", `"service":"${anyOf(ecsNames)}"`)],
    deregister: [write("old task definitions", "ecs", "DeregisterTaskDefinition", anyOf(families))],
    "record-release": [put("what is live", "release", `^(?!.*${staged})`)],
    "run-task": [write("one-off task", "ecs", "RunTask", '"startedBy":"switchyard run"')],
    "stop-task": [write("end of a one-off task", "ecs", "StopTask", "switchyard run was interrupted")],
    lease: [
      put("lease taken", "lease"),
      update("lease renewed", '"#s0":"beat"'),
      update("lease given back", '"#s0":"released"'),
    ],
    journal: [
      put("operation begun", "operation#", '^(?!.*"outcome":\\{)'),
      put("operation ended", "operation#", '^(?=.*"outcome":\\{)'),
      put("decision", "journal#", '^(?!.*"doneAt":\\{)'),
      put("result of staging", "journal#", `^(?=.*"doneAt":\\{)(?=.*${stagePhase})`),
      put("result", "journal#", `^(?=.*"doneAt":\\{)(?!.*${stagePhase})`),
    ],
    preview: [
      put("a preview's time", "preview"),
      put("sign of life of a sweep", "heartbeat"),
      write("the same for an alarm", "monitoring", "PutMetricData", "PreviewSweeps"),
      write("end of task definitions", "ecs", "DeleteTaskDefinitions", "taskDefinitions"),
    ],
    freeze: [put("frozen or not", "frozen")],
    plan: [put("a pull request's plan", "plan#")],
    // An operation's own comes with its end, a freeze's and a plan's with it.
    audit: [put("audit record", "audit#", '^(?!.*"item":\\{"S":"(operation#|frozen|plan#))')],
    // No release writes them: audit.test.ts makes them twice.
    seal: [],
    "close-account": [
      write("logins that are left", "sso", "DeleteAccountAssignment", "TargetId"),
      write("account closed", "organizations", "CloseAccount", "AccountId"),
    ],
    // Made before there is a release: bootstrap.test.ts kills it at each.
    bootstrap: [],
    "move-account": [write("account to the root", "organizations", "MoveAccount", "AccountId")],
    "finish-made": [write("way out of a group", "ec2", "RevokeSecurityGroupEgress", "GroupId")],
    // No release makes one: upgrade.test.ts.
    upgrade: [],
    // No release starts one: runner/executions.test.ts.
    execution: [],
    // runner/builds/builds.test.ts
    "remote-build": [],
    // runner/schedules.test.ts
    schedule: [],
    word: [put("word of a person", "signal#")],
  } satisfies Record<MutationName, readonly Write[]>;
}

/** The write a call is; undefined for one that no mutation accounts for. */
export function recognise<W extends Write>(writes: readonly W[], call: FaultHit): W | undefined {
  return writes.find(
    (w) =>
      w.service === call.service &&
      (w.operation === "*" || w.operation === call.operation) &&
      new RegExp(w.body, "ms").test(call.body ?? ""),
  );
}

/** True for calls that change nothing. */
export function isRead({ operation, body }: FaultHit): boolean {
  return operation === "Invoke" ? /"action":"status"/.test(body ?? "") : changesNothing(operation);
}

function write(name: string, service: string, operation: string, body: string): Write {
  return { name, service, operation, body };
}

/** A transaction that puts the ledger item of this key, or whose key begins so. */
function put(name: string, item: string, where = ""): Write {
  const key = item.endsWith("#") ? item : `${item}"`;
  return write(name, "dynamodb", "TransactWriteItems", `${where}.*"Put":\\{"Item":.*"item":\\{"S":"${key}`);
}

function update(name: string, body: string): Write {
  return write(name, "dynamodb", "UpdateItem", body);
}

function anyOf(texts: readonly string[]): string {
  return `(${texts.map(literal).join("|")})`;
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
