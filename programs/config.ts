import * as z from "zod";
import { buildPlatforms } from "./build-platforms.ts";
import { organizationProblems } from "./components/organization/problems.ts";
import { cost } from "./cost/config.ts";
import { database, migrations } from "./database-config.ts";
import { deploySettings } from "./deploy-config.ts";
import { domain } from "./domain.ts";
import { cdnProblems, files } from "./files.ts";
import { githubRepository } from "./github-config.ts";
import { mail } from "./mail.ts";
import { monitoring } from "./monitoring-config.ts";
import { stackNamePattern, stackNameRule } from "./names.ts";
import { network, networkOrAnothers } from "./network-config.ts";
import { organizationKeys } from "./organization-config.ts";
import { pipelineKeys } from "./pipeline-config.ts";
import { registryKeys } from "./registry-config.ts";
import { runnerKeys, runnerOfStack, runnerOfStackProblems, runnerProblems } from "./runner-config.ts";
import { alarmProblems, mailProblems, service, serviceName, serviceProblems } from "./service-config.ts";
import { tracing, tracingProblems } from "./tracing.ts";
import { flag, oneOf, plain, problem, text, validate } from "./validation.ts";
import { waf } from "./waf.ts";

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

export const programNames = ["environment", "organization", "pipeline", "registry", "images", "runner"] as const;
export type ProgramName = (typeof programNames)[number];

const program = oneOf(programNames);
const tier = oneOf(["production", "development"]);

/** AWS takes 50 on a resource ("Tag naming limits and requirements"); the platform and the resources have their own. */
const mostTags = 40;

/** Keys every stack has. */
const common = {
  /** The program to run; by default chosen by the stack's name. */
  program: program.optional(),
  /** The only account the stack may be applied to; any when absent. */
  account: text(/^\d{12}$/, "a 12-digit AWS account id, quoted").optional(),
  /** The role by which the account is entered with credentials of another one; with those of the environment when absent. */
  assumeRole: text(
    /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]{1,576}$/,
    "the ARN of a role, such as arn:aws:iam::<account>:role/OrganizationAccountAccessRole",
  ).optional(),
  /** Tags put on every resource, beside `project`, `stack` and `managed-by`. */
  tags: z
    .record(
      text(
        /^(?![Aa][Ww][Ss]:|(project|stack|managed-by)$)[\w.:/=+@-]{1,128}$/,
        "a tag key of letters, digits and . : / = + - @ _, other than project, stack and managed-by, and not beginning with aws:",
      ),
      text(/^[\w .:/=+@-]{0,256}$/, "a tag value of letters, digits, spaces and . : / = + - @ _"),
      { error: "a mapping of tag names to values" },
    )
    .refine((tags) => Object.keys(tags).length <= mostTags, { error: `at most ${mostTags} tags` })
    .default({}),
};

const stackName = text(stackNamePattern, stackNameRule);
const stackReference = text(/^[^/\s]+\/[^/\s]+\/[^/\s]+$/, "organization/project/stack");

const environment = z
  .strictObject({
    ...common,
    stack: stackName,
    /** Decides what is protected, doubled and kept: see profile.ts. */
    tier,
    pipelineStack: stackReference.default("organization/switchyard/pipeline"),
    runner: runnerOfStack,
    services: z.record(serviceName, service, { error: "a mapping of service names to their settings" }),
    network: networkOrAnothers.prefault({}),
    database,
    migrations,
    domain: domain.optional(),
    /** No mail is sent when absent. */
    mail: mail.optional(),
    files,
    tracing: tracing.optional(),
    /** No web application firewall when absent. */
    waf: waf.optional(),
    monitoring,
    deploy: deploySettings.prefault({}),
    /** Only read by `switchyard cost`. */
    cost,
  })
  .superRefine((config, context) => {
    serviceProblems(config.services, context);
    alarmProblems(config.services, config.monitoring, context);
    mailProblems(config.services, config.mail, context);
    tracingProblems(config.services, config.tracing, context);
    cdnProblems(config.files, config.domain, context);
    if (config.network.of === config.stack)
      problem(context, ["network", "of"], `"${config.stack}" is the stack itself`, "Name another environment");
  });

const pipeline = z
  .strictObject({
    ...common,
    stack: stackName,
    tier: tier.default("production"),
    runner: runnerOfStack,
    ...pipelineKeys,
  })
  .superRefine(runnerOfStackProblems);

/** What the images are built for. */
export const imagePlatform = oneOf(buildPlatforms).default("linux/arm64");

const images = z.strictObject({
  ...common,
  stack: stackName,
  pipelineStack: stackReference.default("organization/switchyard/pipeline"),
  tag: text(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, "an image tag such as v1"),
  /** Absolute path of the checkout to build; this one when absent. */
  source: text(/^\//, "the absolute path of a checkout").optional(),
  platform: imagePlatform,
  /** Builds `images/base` first and the others on it; else on the public image their Dockerfiles name. */
  ownBase: plain(flag).default(false),
});

const organization = z
  .strictObject({ ...common, stack: stackName, tier: tier.default("production"), ...organizationKeys })
  .superRefine(organizationProblems);
const registry = z.strictObject({
  ...common,
  stack: stackName,
  tier: tier.default("production"),
  ...registryKeys,
  github: githubRepository,
});

const runner = z
  .strictObject({
    ...common,
    stack: text(/^runner$/, "runner: by that name the commands find what it makes"),
    tier: tier.default("production"),
    pipelineStack: stackReference.default("organization/switchyard/pipeline"),
    network: network.prefault({}),
    ...runnerKeys,
  })
  .superRefine(runnerProblems);

export type EnvironmentConfig = z.output<typeof environment>;
export type OrganizationConfig = z.output<typeof organization>;
export type PipelineConfig = z.output<typeof pipeline>;
export type RegistryConfig = z.output<typeof registry>;
export type ImagesConfig = z.output<typeof images>;
export type RunnerConfig = z.output<typeof runner>;
export type Tier = EnvironmentConfig["tier"];
export type GithubConfig = NonNullable<PipelineConfig["github"]>;

/**
 * An environment stack's configuration.
 *
 * @throws SwitchyardError `invalid-config` naming the key and the fix.
 */
export function environmentConfig(stack: string, values: ConfigValues): EnvironmentConfig {
  return validate(environment, { ...values, stack });
}

/** An organization stack's configuration. @throws SwitchyardError `invalid-config`. */
export function organizationConfig(stack: string, values: ConfigValues): OrganizationConfig {
  return validate(organization, { ...values, stack }, "Pulumi.organization.yaml");
}

/** The pipeline stack's configuration. @throws SwitchyardError `invalid-config`. */
export function pipelineConfig(stack: string, values: ConfigValues): PipelineConfig {
  return validate(pipeline, { ...values, stack }, "Pulumi.pipeline.yaml");
}

/** The registry stack's configuration. @throws SwitchyardError `invalid-config`. */
export function registryConfig(stack: string, values: ConfigValues): RegistryConfig {
  return validate(registry, { ...values, stack }, "Pulumi.registry.yaml");
}

/** The images stack's configuration. @throws SwitchyardError `invalid-config`. */
export function imagesConfig(stack: string, values: ConfigValues): ImagesConfig {
  return validate(images, { ...values, stack });
}

/** The runner stack's configuration. @throws SwitchyardError `invalid-config`. */
export function runnerConfig(stack: string, values: ConfigValues): RunnerConfig {
  return validate(runner, { ...values, stack }, "docs/runner.md");
}

const schemas = { environment, organization, pipeline, registry, images, runner };

/** The places at which a stack's configuration is not usable; none when it is. */
export function configProblems(stack: string, values: ConfigValues): readonly (readonly PropertyKey[])[] {
  const { data } = z.object({ program: program.optional() }).safeParse(values);
  const parsed = schemas[data?.program ?? programByName(stack)].safeParse({ ...values, stack });
  return parsed.success ? [] : parsed.error.issues.map(({ path }) => path);
}

/**
 * The program a stack runs: `switchyard:program` when set, else the stack of that name, else an environment.
 *
 * @throws SwitchyardError `invalid-config` when `switchyard:program` names none.
 */
export function programOf(stack: string, values: ConfigValues): ProgramName {
  const { program: chosen } = validate(z.object({ program: program.optional() }), values);
  return chosen ?? programByName(stack);
}

function programByName(stack: string): ProgramName {
  return programNames.find((name) => name === stack) ?? "environment";
}
