import * as z from "zod";
import { repositoryName, service, serviceProblems } from "./service-config.ts";
import { flag, integer, oneOf, problem, text, validate } from "./validation.ts";

/** A stack's configuration values without their namespace, objects parsed: what a program's schema validates. */
export type ConfigValues = Record<string, unknown>;

/**
 * The values of one namespace from Pulumi's flat map (`switchyard:services` → `services`). Structured values arrive as
 * JSON text and are parsed; plain ones stay text, so that a tag `1.0` is not read as a number.
 */
export function configValues(all: Readonly<Record<string, string>>, namespace = "switchyard"): ConfigValues {
  const values: ConfigValues = {};
  for (const [key, value] of Object.entries(all)) {
    if (!key.startsWith(`${namespace}:`)) continue;
    values[key.slice(namespace.length + 1)] = /^\s*[[{]/.test(value) ? parseOr(value) : value;
  }
  return values;
}

function parseOr(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

export const programNames = ["environment", "pipeline", "images"] as const;
export type ProgramName = (typeof programNames)[number];

const program = oneOf(programNames);
const tier = oneOf(["production", "development"]);

/** A number or flag at the top level, which arrives as text. */
function plain<Schema extends z.ZodType>(schema: Schema) {
  const read = (value: unknown) =>
    typeof value === "string" && /^(\d+|true|false)$/.test(value) ? JSON.parse(value) : value;
  return z.preprocess(read, schema);
}

/** Keys every stack has. */
const common = {
  /** The program to run; by default chosen by the stack's name. */
  program: program.optional(),
  /** The only account the stack may be applied to; any when absent. */
  account: text(/^\d{12}$/, "a 12-digit AWS account id, quoted").optional(),
  /** Tags put on every resource, beside `project`, `stack` and `managed-by`. */
  tags: z
    .record(
      text(/^[\w.:/=+@-]{1,128}$/, "a tag key of letters, digits and . : / = + - @ _"),
      text(/^[\w .:/=+@-]{0,256}$/, "a tag value of letters, digits, spaces and . : / = + - @ _"),
      { error: "a mapping of tag names to values" },
    )
    .default({}),
};

const network = z
  .strictObject({
    cidr: text(
      /^10\.\d{1,3}\.0\.0\/16$|^172\.(1[6-9]|2\d|3[01])\.0\.0\/16$/,
      "a private /16 such as 10.0.0.0/16",
    ).default("10.0.0.0/16"),
    /** Availability zones; three in production unless set, else two. */
    zones: integer(2, 3, "availability zones").optional(),
  })
  .prefault({});

const database = z
  .strictObject({
    name: text(/^[a-z][a-z0-9_]{0,62}$/, "a PostgreSQL database name in lower case").default("app"),
    engineMajor: oneOf(["17", "18"]).default("17"),
    instanceClass: text(/^db\.[a-z0-9]+\.[a-z0-9]+$/, "an RDS instance class such as db.t4g.micro").default(
      "db.t4g.micro",
    ),
    storageGb: integer(20, 65536, "GB").default(20),
    /** Storage grows by itself up to this. */
    maxStorageGb: integer(20, 65536, "GB").default(100),
    backupDays: integer(1, 35, "days").optional(),
  })
  .prefault({});

const migrations = z
  .strictObject({
    repository: repositoryName.default("migrate"),
    memoryMb: integer(128, 10240, "MB").default(512),
    /** Lambda's own limit is 900. */
    timeoutSeconds: integer(1, 900, "seconds").default(900),
    architecture: oneOf(["X86_64", "ARM64"]).default("ARM64"),
  })
  .prefault({});

const domain = z.strictObject({
  /** Host name the environment answers at. */
  name: text(/^([a-z0-9-]+\.)+[a-z]{2,}$/, "a host name such as app.example.com"),
  /** Route 53 hosted zone that holds it. */
  zoneId: text(/^Z[A-Z0-9]{4,31}$/, "a Route 53 hosted zone id such as Z0123456789ABC"),
});

const monitoring = z
  .strictObject({
    /** Subscribed to the alarms' topic; no topic when absent. */
    email: z.email({ error: "an e-mail address" }).optional(),
    errorsPerMinute: integer(1, 100_000, "5xx answers a minute").default(5),
    latencyMs: integer(1, 60_000, "milliseconds").default(1000),
  })
  .prefault({});

const deploy = z
  .strictObject({
    strategy: oneOf(["all-at-once", "canary", "linear"]).default("all-at-once"),
    /** First step of a canary. */
    canaryPercent: integer(1, 99, "percent").default(10),
    /** Each step of a linear shift. */
    stepPercent: integer(1, 99, "percent").default(20),
    /** Between the steps of a linear shift. */
    everySeconds: integer(0, 86_400, "seconds").default(60),
    /** Watched after the canary step, before the rest of the traffic follows. */
    bakeSeconds: integer(0, 86_400, "seconds").default(300),
    /** Watched with all of the traffic on the new version, before it is recorded and the old one only kept warm. */
    finalBakeSeconds: integer(0, 86_400, "seconds").default(0),
    /** How long the old colour stays running, ready for a rollback. */
    keepWarmSeconds: integer(0, 604_800, "seconds").default(3600),
    /** Alarms to watch beside the environment's own. */
    alarms: z.array(text(/^.{1,255}$/, "an alarm name"), { error: "a list of alarm names" }).default([]),
    /** Right answers in a row that prove the new version, and pass each smoke check. */
    consecutiveSuccesses: integer(1, 100, "answers in a row").default(5),
    approval: flag.default(false),
    approvalTimeoutSeconds: integer(1, 604_800, "seconds").default(3600),
  })
  .prefault({});

const stackName = text(
  /^[a-z][a-z0-9-]{0,18}[a-z0-9]$/,
  "2 to 20 lower-case letters, digits and dashes: it begins every resource's name",
);
const stackReference = text(/^[^/\s]+\/[^/\s]+\/[^/\s]+$/, "organization/project/stack");

const environment = z
  .strictObject({
    ...common,
    stack: stackName,
    /** Decides what is protected, doubled and kept: see profile.ts. */
    tier,
    pipelineStack: stackReference.default("organization/switchyard/pipeline"),
    services: z.record(
      text(/^[a-z][a-z0-9-]{0,11}$/, "a service name of up to 12 lower-case letters, digits and dashes"),
      service,
      { error: "a mapping of service names to their settings" },
    ),
    network,
    database,
    migrations,
    domain: domain.optional(),
    monitoring,
    deploy,
  })
  .superRefine((config, context) => {
    serviceProblems(config.services, context);
    if (config.database.maxStorageGb < config.database.storageGb)
      problem(
        context,
        ["database", "maxStorageGb"],
        `${config.database.maxStorageGb} is below storageGb`,
        `Set it to at least ${config.database.storageGb}`,
      );
  });

const pipeline = z.strictObject({
  ...common,
  stack: stackName,
  tier: tier.default("production"),
  /** One for each image; `base` is what the others may be built on. */
  repositories: z
    .array(repositoryName, { error: "a list of repository names" })
    .nonempty({ error: "a list of repository names" })
    .default(["base", "web", "api", "migrate"]),
  /** Those of them functions run. */
  functionRepositories: z.array(repositoryName, { error: "a list of repository names" }).default(["migrate"]),
  /** Untagged images go after a day; beyond this many tagged ones the oldest go. */
  keepImages: plain(integer(10, 10_000, "images")).default(100),
  /** Accounts whose environments pull images, beside the stack's own. */
  pullAccounts: z
    .array(text(/^\d{12}$/, "a 12-digit AWS account id, quoted"), { error: "a list of account ids" })
    .default([]),
});

const images = z.strictObject({
  ...common,
  stack: stackName,
  pipelineStack: stackReference.default("organization/switchyard/pipeline"),
  tag: text(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, "an image tag such as v1"),
  /** Absolute path of the checkout to build; this one when absent. */
  source: text(/^\//, "the absolute path of a checkout").optional(),
  platform: oneOf(["linux/amd64", "linux/arm64"]).default("linux/arm64"),
  /** Builds `images/base` first and the others on it; else on the public image their Dockerfiles name. */
  ownBase: plain(flag).default(false),
});

export type EnvironmentConfig = z.output<typeof environment>;
export type PipelineConfig = z.output<typeof pipeline>;
export type ImagesConfig = z.output<typeof images>;
export type Tier = EnvironmentConfig["tier"];
export type DeployConfig = EnvironmentConfig["deploy"];

/**
 * An environment stack's configuration.
 *
 * @throws SwitchyardError `invalid-config` naming the key and the fix.
 */
export function environmentConfig(stack: string, values: ConfigValues): EnvironmentConfig {
  return validate(environment, { ...values, stack });
}

/** The pipeline stack's configuration. @throws SwitchyardError `invalid-config`. */
export function pipelineConfig(stack: string, values: ConfigValues): PipelineConfig {
  return validate(pipeline, { ...values, stack });
}

/** The images stack's configuration. @throws SwitchyardError `invalid-config`. */
export function imagesConfig(stack: string, values: ConfigValues): ImagesConfig {
  return validate(images, { ...values, stack });
}

/**
 * The program a stack runs: `switchyard:program` when set, else the stack of that name, else an environment.
 *
 * @throws SwitchyardError `invalid-config` when `switchyard:program` names none.
 */
export function programOf(stack: string, values: ConfigValues): ProgramName {
  const { program: chosen } = validate(z.object({ program: program.optional() }), values);
  return chosen ?? programNames.find((name) => name === stack) ?? "environment";
}
