import * as z from "zod";
import { serviceAlarms } from "./monitoring-config.ts";
import { repositoryNamePattern, repositoryNameRule, serviceNamePattern, serviceNameRule } from "./names.ts";
import { looksSecret } from "./plaintext.ts";
import { requestPath } from "./request-path.ts";
import { routeProblems } from "./route-problems.ts";
import { flag, integer, oneOf, problem, text } from "./validation.ts";

/** Memory in MB that Fargate offers for each CPU size (Amazon ECS developer guide, "Task size"). */
const fargateMemory: Readonly<Record<number, readonly number[]>> = {
  256: [512, 1024, 2048],
  512: steps(1024, 4096),
  1024: steps(2048, 8192),
  2048: steps(4096, 16_384),
  4096: steps(8192, 30_720),
};

function steps(from: number, to: number): readonly number[] {
  return Array.from({ length: (to - from) / 1024 + 1 }, (_, index) => from + index * 1024);
}

/** Names the platform sets itself of a service that sends mail. */
const ofMail = /^MAIL_(FROM|REGION)$/;
/** The same of a service that keeps files. */
const ofFiles = /^FILES_(BUCKET|REGION|CDN)$/;
/** Names the platform sets itself. */
const reserved = /^(PORT|HOST|VERSION|RELEASE|API_URL|DATABASE_.*|AWS_.*|ECS_.*)$/;

const variable = text(
  /^[A-Za-z_][A-Za-z0-9_.-]{0,99}$/,
  "a variable name of letters, digits, underscores, dots and dashes, with no digit first",
);
/** A path that stays below the environment's own origin, whoever reads it. */
function pathOf(form: RegExp, requirement: string) {
  return text(form, requirement).regex(requestPath, { error: requirement });
}

const path = pathOf(
  /^(?=.{1,100}$)\/([A-Za-z0-9._~-]+(\/[A-Za-z0-9._~-]+)*)?$/,
  "a path such as / or /api, of at most 100 characters, with no slash at the end and no . or .. in it",
);

export const repositoryName = text(repositoryNamePattern, repositoryNameRule);
export const serviceName = text(serviceNamePattern, serviceNameRule);

/** What an Application Load Balancer takes as success codes (Elastic Load Balancing API reference, Matcher). */
const matcherPattern = /^[2-4]\d\d(?:-[2-4]\d\d|(?:,[2-4]\d\d)*)$/;

const healthCheck = z.strictObject(
  {
    path: pathOf(/^[^?]{1,1024}$/, "a path such as /healthz, with no //, no . or .. in it, and no query"),
    intervalSeconds: integer(5, 300, "seconds").default(10),
    timeoutSeconds: integer(2, 120, "seconds").default(4),
    healthyThreshold: integer(2, 10, "checks in a row").default(2),
    unhealthyThreshold: integer(2, 10, "checks in a row").default(3),
    /** How long a task may take to start before a failed check counts against it; a few checks' time when absent. */
    gracePeriodSeconds: integer(0, 3600, "seconds").optional(),
    /** Status codes of an answer that is well; 200 alone when absent. */
    matcher: text(matcherPattern, "status codes from 200 to 499, such as 200-299 or 200,204").optional(),
  },
  { error: "a mapping with the path the load balancer asks, such as {path: /healthz}" },
);

/** A request the driver makes through the preview rule, several times in a row, before any traffic moves. */
export const smokeCheck = z.strictObject({
  path: pathOf(/^[^#]{1,2048}$/, "a path such as /api/notes, with no //, no . or .. in it"),
  status: integer(100, 599, "an HTTP status").default(200),
  bodyIncludes: z.string({ error: "a text the answer holds" }).optional(),
  maxMs: integer(1, 60_000, "milliseconds").default(2000),
});

/** One ECS service in two colours, behind the environment's load balancer. */
export const service = z.strictObject({
  /** Everything below it goes to the service; the longest path wins by `priority`. */
  path,
  /** Of its listener rule, unique; a path below another service's needs the lower number. */
  priority: integer(1, 999, "rule priority"),
  /** The service whose path it takes over; that one is released no more, and stays as it is until it is retired. */
  replaces: serviceName.optional(),
  /** Of the pipeline stack; the service's name when absent. */
  repository: repositoryName.optional(),
  /** CPU units; 1024 is one vCPU. */
  cpu: oneOf([256, 512, 1024, 2048, 4096]).default(256),
  /** MB; Fargate offers only some for each CPU size. */
  memory: integer(512, 30_720, "MB").default(512),
  architecture: oneOf(["X86_64", "ARM64"]).default("ARM64"),
  port: integer(1024, 65_535, "a port a user without privileges can open,").default(8080),
  desiredCount: integer(1, 1000, "tasks").default(2),
  /** Autoscaling's bounds for the live colour; `desiredCount` when absent. */
  minCapacity: integer(1, 1000, "tasks").optional(),
  maxCapacity: integer(1, 1000, "tasks").optional(),
  /** Plain variables. */
  environment: z
    .record(variable, z.string({ error: "a text; quote numbers and booleans" }), {
      error: "a mapping of names to texts",
    })
    .default({}),
  /** Variable → key in the service's own secret, `<stack>/<service>` in Secrets Manager. */
  secrets: z
    .record(variable, text(/^[A-Za-z0-9_.-]{1,64}$/, "the name of a key in the service's secret"), {
      error: "a mapping of variable names to keys of the service's secret",
    })
    .default({}),
  healthCheck,
  /** How long a target leaving the group may finish its requests. */
  deregistrationDelaySeconds: integer(0, 3600, "seconds").default(30),
  /** From SIGTERM to SIGKILL; Fargate allows 120. */
  stopTimeoutSeconds: integer(2, 120, "seconds").default(60),
  /** Keeps a client on one target by cookie; none when absent. */
  stickinessSeconds: integer(1, 604_800, "seconds").optional(),
  /** Gives it the database's address, its password, and the way through the firewall. */
  database: flag.default(false),
  /** Lets it send mail from the environment's own address. */
  mail: flag.default(false),
  /** Lets it keep files in the environment's bucket. */
  files: flag.default(false),
  /** Puts a collector beside it that takes its traces to AWS X-Ray. */
  tracing: flag.default(false),
  /** Services shift in this order, lowest first. */
  order: integer(0, 999, "steps").default(0),
  checks: z.array(smokeCheck, { error: "a list of smoke checks" }).default([]),
  alarms: serviceAlarms,
});

export type ServiceConfig = z.output<typeof service>;
export type SmokeCheck = z.output<typeof smokeCheck>;

/** The problems fields show only together. */
export function serviceProblems(services: Readonly<Record<string, ServiceConfig>>, context: z.RefinementCtx): void {
  if (Object.keys(services).length === 0)
    problem(context, ["services"], "names no service", "Add at least one, such as web with path /");
  for (const [name, each] of Object.entries(services)) {
    sizeProblems(["services", name], each, context);
    variableProblems(["services", name], each, context);
    if (`${name}-preview` in services)
      problem(context, ["services", `${name}-preview`], `is the name of ${name}'s preview rule`, "Choose another name");
    routeProblems(name, services, context);
  }
}

/** An alarm that waits for more failing targets than there are would stay silent with all of them down. */
export function alarmProblems(
  services: Readonly<Record<string, ServiceConfig>>,
  ofAll: { readonly unhealthyTargets: number },
  context: z.RefinementCtx,
): void {
  for (const [name, each] of Object.entries(services)) {
    const own = each.alarms.unhealthyTargets;
    const { min } = capacity(each);
    if ((own ?? ofAll.unhealthyTargets) <= min) continue;
    const at =
      own === undefined ? ["monitoring", "unhealthyTargets"] : ["services", name, "alarms", "unhealthyTargets"];
    const fix = own === undefined ? `, or give services.${name}.alarms its own` : "";
    const targets = `${own ?? ofAll.unhealthyTargets} is more than the ${min} that ${name} has at least`;
    problem(context, at, `${targets}: there would be no alarm with all of them down`, `Set it to at most ${min}${fix}`);
  }
}

/** A service that is to send mail needs a domain to send it from. */
export function mailProblems(
  services: Readonly<Record<string, ServiceConfig>>,
  domain: object | undefined,
  context: z.RefinementCtx,
): void {
  if (domain !== undefined) return;
  for (const [name, { mail }] of Object.entries(services))
    if (mail)
      problem(
        context,
        ["services", name, "mail"],
        "is true, and the environment has no domain to send mail from",
        "Give switchyard:mail a domain and zoneId, or remove it",
      );
}

function sizeProblems(at: readonly string[], each: ServiceConfig, context: z.RefinementCtx): void {
  const memories = fargateMemory[each.cpu] ?? [];
  if (!memories.includes(each.memory))
    problem(
      context,
      [...at, "memory"],
      `${each.memory} MB is not offered by Fargate with cpu ${each.cpu}`,
      `Set it to ${memories.length > 3 ? `a multiple of 1024 from ${memories[0]} to ${memories.at(-1)}` : `one of ${memories.join(", ")}`}`,
    );
  const { min, max } = capacity(each);
  if (min > each.desiredCount)
    problem(context, [...at, "minCapacity"], `${min} is above desiredCount`, `Set it to at most ${each.desiredCount}`);
  if (max < each.desiredCount)
    problem(context, [...at, "maxCapacity"], `${max} is below desiredCount`, `Set it to at least ${each.desiredCount}`);
  if (each.healthCheck.timeoutSeconds >= each.healthCheck.intervalSeconds)
    problem(
      context,
      [...at, "healthCheck", "timeoutSeconds"],
      "is not below intervalSeconds",
      `Set it to less than ${each.healthCheck.intervalSeconds}`,
    );
}

/** Of the 64 KiB a task definition has (Amazon ECS developer guide, "Amazon ECS service quotas"): the rest is the platform's. */
const variableBytes = 32_768;

function variableProblems(at: readonly string[], each: ServiceConfig, context: z.RefinementCtx): void {
  const bytes = Buffer.byteLength(JSON.stringify({ ...each.environment, ...each.secrets }));
  if (bytes > variableBytes)
    problem(
      context,
      [...at, "environment"],
      `has ${bytes} bytes with the secrets' names, more than fit into a task definition`,
      `Keep it under ${variableBytes} bytes; give a long text to the service in its image`,
    );
  for (const [name, value] of Object.entries(each.environment)) {
    const reason = looksSecret(name, value);
    if (name in each.secrets)
      problem(context, [...at, "environment", name], "is also under secrets", "Keep one of the two");
    if (reason !== undefined)
      problem(context, [...at, "environment", name], reason, `Put it under ${at.at(-1)}.secrets, in Secrets Manager`);
  }
  for (const section of ["environment", "secrets"] as const) {
    for (const name of Object.keys(each[section]))
      if (reserved.test(name) || (each.mail && ofMail.test(name)) || (each.files && ofFiles.test(name)))
        problem(context, [...at, section, name], "is set by the platform", "Choose another name, or remove it");
  }
}

/** Autoscaling's bounds for the live colour. */
export function capacity(each: Pick<ServiceConfig, "desiredCount" | "minCapacity" | "maxCapacity">): {
  readonly min: number;
  readonly max: number;
} {
  return { min: each.minCapacity ?? each.desiredCount, max: each.maxCapacity ?? each.desiredCount };
}
