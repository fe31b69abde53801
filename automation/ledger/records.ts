import * as z from "zod";
import { groupSettings, releaseDocument, setup } from "../../programs/release.ts";
import { closed } from "../../programs/routes.ts";
import type { Decision, Mutation, Phase, Probe } from "../deploy/decide/decision.ts";
import type { Goal, Strategy } from "../deploy/decide/goal.ts";

/**
 * What the driver has written into the ledger, as it is when it is read again. Fields a newer version adds are let through;
 * what this version reads has to be of the form it was written in.
 */
const colour = z.enum(["blue", "green"]);
const names = z.array(z.string().min(1));
/** As configuration has them: no name that means something to JavaScript. */
const serviceName = z.string().regex(/^[a-z][a-z0-9-]{0,11}$/);
const count = z.int().min(0).max(100_000);
/** Milliseconds since the epoch: what a date can hold (ECMAScript, "Time Values and Time Range"). */
const moment = z.number().min(0).max(8.64e15);
/** Milliseconds: the longest of a stack's `deploy` section, at a slow pace as well. */
const span = z.number().min(0).max(1e11);
const weights = z.looseObject({ blue: z.number().min(0).max(100), green: z.number().min(0).max(100) });
/** What a rule takes: a path or nothing. */
const takes = z.union([z.literal(closed), z.string().startsWith("/")]);
const placed = z.looseObject({ takes: takes.optional(), priority: count });
const image = z.looseObject({ digest: z.string().min(1), version: z.string().min(1) });
const target = image.extend({
  taskDefinitionArn: z.string().min(1),
  release: z.string().min(1),
  migrations: names.optional(),
  setup: setup.optional(),
});
const least = ({ min, max }: { min: number; max: number }) => min <= max;
const range = z.looseObject({ min: count, max: count }).refine(least);
const bounds = z.looseObject({ min: count, max: count, suspended: z.boolean() }).refine(least);
const migration = z.looseObject({ name: z.string().min(1), kind: z.enum(["expand", "contract"]) });

export const signal = z.looseObject({
  kind: z.enum(["promote", "abort"]),
  by: z.string(),
  at: z.string(),
  of: z.string().optional(),
});

/** One of several forms, told by a field of it. The table has every one there is: the compiler asks for the others. */
function oneOf<Key extends string>(field: string, forms: Readonly<Record<Key, z.ZodType>>) {
  return z.looseObject({ [field]: z.enum(Object.keys(forms) as [Key, ...Key[]]) }).superRefine((value, context) => {
    const form = forms[value[field] as Key].safeParse(value);
    for (const issue of form.error?.issues ?? [])
      context.addIssue({ code: "custom", path: [...issue.path], message: issue.message });
  });
}

const strategy = oneOf("kind", {
  "all-at-once": z.looseObject({}),
  canary: z.looseObject({ percent: z.number().min(1).max(99), bakeMs: span }),
  linear: z.looseObject({ stepPercent: z.number().min(1).max(99), everyMs: span }),
} satisfies Record<Strategy["kind"], z.ZodType>);

const asked = z.looseObject({
  operation: z.string().min(1),
  actor: z.string(),
  commit: z.string().optional(),
  version: z.string(),
  strategy,
  services: z.array(
    z.looseObject({
      ...{ name: serviceName, order: z.number(), desiredCount: count },
      ...{ replaces: serviceName.optional(), scaling: range.optional() },
    }),
  ),
  limits: z.looseObject({
    ...{ healthyMs: span, failedTasks: count, approvalMs: span, keepWarmMs: span },
    ...{ propagationMs: span, finalBakeMs: span, keepTaskDefinitions: count },
  }),
});

const goal = oneOf("kind", {
  deploy: asked.extend({
    images: z.record(serviceName, image),
    migrate: image.optional(),
    migrations: names.optional(),
    approval: z.boolean(),
  }),
  rollback: asked.extend({ only: z.array(serviceName).optional() }),
  sweep: asked,
  repair: asked,
  adopt: asked,
  retire: asked.extend({ retires: serviceName }),
} satisfies Record<Goal["kind"], z.ZodType>);

const mutation = oneOf("kind", {
  stage: z.looseObject({ images: z.record(serviceName, image), migrate: image.optional() }),
  migrate: z.looseObject({ phase: z.string(), runId: z.string().min(1) }),
  "set-scaling": z.looseObject({ service: serviceName, colour, bounds }),
  "set-weights": z.looseObject({
    ...{ service: serviceName, rule: z.enum(["production", "preview"]), weights },
    takes: takes.optional(),
  }),
  "update-service": z.looseObject({
    service: serviceName,
    colour,
    taskDefinitionArn: z.string(),
    desired: count,
    setup: setup.optional(),
  }),
  "set-priorities": z.looseObject({
    places: z.array(z.looseObject({ service: serviceName, rule: z.enum(["production", "preview"]), priority: count })),
  }),
  "set-group": z.looseObject({ service: serviceName, colour, settings: groupSettings }),
  deregister: z.looseObject({ taskDefinitionArns: names }),
  "record-release": z.looseObject({ document: releaseDocument }),
} satisfies Record<Mutation["kind"], z.ZodType>);

const probe = oneOf("kind", {
  "prove-preview": z.looseObject({ service: serviceName, target }),
  "prove-traffic": z.looseObject({ service: serviceName, percent: z.number(), target, others: z.array(z.string()) }),
  "prove-left": z.looseObject({
    ...{ service: serviceName, path: z.string().startsWith("/"), release: z.string() },
    by: z.string().nullable().optional(),
  }),
} satisfies Record<Probe["kind"], z.ZodType>);

const phases = {
  ...{ stage: 0, plan: 0, migrate: 0, start: 0, healthy: 0, prove: 0, approve: 0, shift: 0, bake: 0, verify: 0 },
  ...{ finish: 0, sweep: 0, repair: 0, retire: 0, undo: 0 },
} satisfies Record<Phase, 0>;
const phase = z.enum(Object.keys(phases) as [Phase, ...Phase[]]);

const plan = z.looseObject({
  from: colour.optional(),
  to: colour,
  target,
  before: target.extend({ deployedAt: z.string(), migrations: names }).optional(),
  beforeDesired: count,
  home: placed.optional(),
});

const why = z.string();
const decision = oneOf("kind", {
  step: z.looseObject({
    ...{ phase, why, writes: z.array(mutation), probes: z.array(probe).optional() },
    plan: z.record(serviceName, plan).optional(),
    order: z.enum(["any", "first", "last"]).optional(),
    percent: z.number().optional(),
    undo: z.string().optional(),
    ordered: z.literal(true).optional(),
    details: z.array(z.string()).optional(),
    signal: signal.optional(),
  }),
  wait: z.looseObject({ phase, why, until: moment }),
  end: z.looseObject({ outcome: z.enum(["succeeded", "unchanged", "failed"]), why }),
  halt: z.looseObject({ why, fix: z.string() }),
} satisfies Record<Decision["kind"], z.ZodType>);

const side = z.looseObject({
  taskDefinitionArn: z.string().optional(),
  ...{ desired: count, running: count, healthy: count, registered: count, failedTasks: count },
  rollout: z.enum(["COMPLETED", "IN_PROGRESS", "FAILED", "NONE"]),
  reasons: z.array(z.string()),
  scaling: bounds.optional(),
  group: z.looseObject(groupSettings.shape).optional(),
  ecs: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
  gone: z.enum(["ECS service", "autoscaling"]).optional(),
});
const figures = z.looseObject({ requests: z.number(), settled: z.number(), errors: z.number(), periods: z.number() });

const observed = z.looseObject({
  release: releaseDocument,
  services: z.record(
    serviceName,
    z.looseObject({
      ...{ weights, preview: weights, blue: side, green: side },
      rules: z.looseObject({ production: placed, preview: placed }).optional(),
      gone: z.array(z.enum(["production", "preview"])).optional(),
    }),
  ),
  migrations: z.looseObject({ applied: z.array(migration), pending: z.array(migration) }).optional(),
  signal: signal.optional(),
  taskDefinitions: z.record(serviceName, names).optional(),
  traffic: z.record(serviceName, z.looseObject({ blue: figures, green: figures })).optional(),
  breach: z.string().optional(),
  unread: z.looseObject({ looks: count, why }).optional(),
  spent: z.string().optional(),
  skewMs: z.number().optional(),
});

const result = z.looseObject({
  ok: z.boolean(),
  problem: z.string().optional(),
  unproven: z.string().optional(),
  staged: z.record(serviceName, target).optional(),
  planHash: z.string().optional(),
  inactive: names.optional(),
  ran: z.array(z.string()).optional(),
  applied: z.array(z.string()).optional(),
});

/** A field that holds JSON as text. */
function json<Schema extends z.ZodType>(schema: Schema) {
  const parsed = z.string().transform((text, context): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue({ code: "custom", message: "is not JSON" });
      return z.NEVER;
    }
  });
  return parsed.pipe(schema);
}

const timing = z.looseObject({ name: z.string(), ms: z.number(), awsCalls: z.number() });

/** The item of one operation. */
export const operationItem = z.object({
  operation: z.string().min(1),
  goal: json(goal),
  at: moment,
  outcome: z.enum(["succeeded", "unchanged", "failed"]).optional(),
  why: z.string().optional(),
  endedAt: moment.optional(),
  steps: json(z.array(timing)).optional(),
  planHash: z.string().optional(),
  migrations: json(z.array(z.string())).optional(),
});

/** The item of one entry of an operation's journal. */
export const entryItem = z.object({
  seq: z.int().min(0),
  token: z.int().min(1),
  operation: z.string().min(1),
  at: moment,
  decision: json(decision),
  observed: json(observed).optional(),
  result: json(result).optional(),
  doneAt: moment.optional(),
});

/** The item with the environment's outputs, which have a form of their own. */
export const shapeItem = z.object({ outputs: json(z.looseObject({})) });
