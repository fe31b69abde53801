import { looksSecret } from "../../programs/plaintext.ts";
import { type Inputs, resourceRule } from "../rule.ts";
import { peek, unknown } from "../unknown.ts";
import { secretInCommand, shown } from "./plaintext.ts";
import { documentOf, type Grant, letsServiceActForAnyone, strangerIn, textOf } from "./resource-documents.ts";

const fn = "aws:lambda/function:Function";
const permission = "aws:lambda/permission:Permission";
const layerPermission = "aws:lambda/layerVersionPermission:LayerVersionPermission";

// AWS Lambda, "Lambda runtimes": those still supported.
const supported = [
  /^nodejs(22|24)\.x$/,
  /^python3\.(1[0-4])$/,
  /^java(17|21|25)$/,
  /^dotnet(8|10)$/,
  /^ruby3\.[34]$/,
  /^provided\.al2023$/,
];

export const lambdaRules = [
  resourceRule([permission, layerPermission], {
    name: "lambda-not-public",
    level: "mandatory",
    severity: "critical",
    controls: ["Lambda.1", "CKV_AWS_301"],
    title: "Functions are not open to everyone",
    why: "Anyone with an AWS account could run the function, with its rights.",
    fix: "Name the service or account in principal, or the organization.",
    check: (one) => {
      const document = documentOf(permissionOf(one));
      const who = strangerIn(document, document.statement);
      return who === undefined ? undefined : `principal is everyone: it lets in ${who}`;
    },
  }),
  resourceRule(fn, {
    name: "lambda-supported-runtime",
    level: "mandatory",
    severity: "medium",
    controls: ["Lambda.2", "CKV_AWS_363"],
    title: "Functions run on a supported runtime",
    why: "An ended runtime gets no security fixes, and cannot be updated any more.",
    fix: "Set runtime to a supported version, or use a container image.",
    check: ({ packageType, runtime }) =>
      packageType === "Image" || supported.some((one) => one.test(runtime ?? ""))
        ? undefined
        : "runtime is not supported any more",
  }),
  resourceRule(fn, {
    name: "lambda-no-hardcoded-secrets",
    level: "mandatory",
    severity: "critical",
    controls: ["CKV_AWS_45"],
    title: "Functions have no secrets among their variables",
    why: "A function's configuration is readable to many, and kept in state and plans.",
    fix: "Keep the value in Secrets Manager and give the function the secret's ARN.",
    check: function* ({ environment, imageConfig }) {
      for (const key of ["commands", "entryPoints"] as const) {
        const what = secretInCommand(imageConfig?.[key] ?? []);
        if (what !== undefined) yield `imageConfig.${key} ${what}`;
      }
      const variables = environment?.variables ?? {};
      // Known values first: an address that is not known yet must not hide a secret beside it.
      const { known = [], later = [] } = Object.groupBy(Object.keys(variables), (name) =>
        peek(variables, name) === unknown ? "later" : "known",
      );
      for (const name of [...known, ...later]) {
        const why = looksSecret(name, String(variables[name] ?? ""));
        if (why !== undefined) yield `environment.variables.${shown(name)} ${why}`;
      }
    },
  }),
  resourceRule("aws:lambda/functionUrl:FunctionUrl", {
    name: "lambda-url-authenticated",
    level: "mandatory",
    severity: "critical",
    controls: ["CKV_AWS_258"],
    title: "Function URLs ask who is calling",
    why: "Without authorization the URL runs the function for anyone who has it.",
    fix: "Set authorizationType to AWS_IAM.",
    check: ({ authorizationType }) =>
      authorizationType === "AWS_IAM" ? undefined : "authorizationType is not AWS_IAM",
  }),
  resourceRule(permission, {
    name: "lambda-permission-source",
    level: "mandatory",
    severity: "high",
    controls: ["CKV_AWS_364"],
    title: "A service may call a function for one source only",
    why: "Without a source any account's bucket, rule or topic can call through the service.",
    fix: "Set sourceArn to the one resource, or sourceAccount.",
    check: (one) => {
      const document = documentOf(permissionOf(one));
      return letsServiceActForAnyone(document, document.statement)
        ? "neither sourceArn nor sourceAccount keeps it to one source"
        : undefined;
    },
  }),
  resourceRule(fn, {
    name: "lambda-in-vpc",
    level: "advisory",
    severity: "low",
    controls: ["Lambda.3", "CKV_AWS_117"],
    title: "Functions run inside the network",
    why: "Outside it no security group says what they may reach.",
    fix: "Set vpcConfig to private subnets and a group of the function's own.",
    check: ({ vpcConfig }) => (vpcConfig === undefined ? "vpcConfig is missing" : undefined),
  }),
  resourceRule(fn, {
    name: "lambda-several-zones",
    level: "advisory",
    severity: "medium",
    controls: ["Lambda.5"],
    title: "Functions in a network have two zones or more",
    why: "In one zone the function goes with the zone.",
    fix: "Give vpcConfig.subnetIds subnets of two zones.",
    check: ({ vpcConfig }) =>
      vpcConfig !== undefined && vpcConfig.subnetIds.length < 2
        ? "vpcConfig.subnetIds names fewer than two"
        : undefined,
  }),
  resourceRule(fn, {
    name: "lambda-traced",
    level: "advisory",
    severity: "low",
    controls: ["CKV_AWS_50"],
    title: "Functions are traced",
    why: "A trace tells which call of a slow run was slow.",
    fix: "Set tracingConfig.mode to Active.",
    check: ({ tracingConfig }) => (tracingConfig?.mode === "Active" ? undefined : "tracingConfig.mode is not Active"),
  }),
  resourceRule(fn, {
    name: "lambda-own-concurrency",
    level: "advisory",
    severity: "low",
    controls: ["CKV_AWS_115"],
    title: "Functions have a limit of their own",
    why: "One runaway function otherwise uses up the account's concurrency.",
    fix: "Set reservedConcurrentExecutions.",
    check: ({ reservedConcurrentExecutions }) =>
      (reservedConcurrentExecutions ?? -1) < 0 ? "reservedConcurrentExecutions is not set" : undefined,
  }),
  resourceRule(fn, {
    name: "lambda-dead-letters",
    level: "advisory",
    severity: "low",
    controls: ["CKV_AWS_116"],
    title: "Events a function fails on are kept",
    why: "An event that failed twice is otherwise dropped in silence.",
    fix: "Set deadLetterConfig.targetArn, where the function is called by events.",
    check: ({ deadLetterConfig }) => (deadLetterConfig === undefined ? "deadLetterConfig is missing" : undefined),
  }),
];

function permissionOf(one: Inputs<typeof permission> | Inputs<typeof layerPermission>): Grant {
  const conditions = [
    ["ArnLike", "aws:SourceArn", textOf(one, "sourceArn")],
    ["StringEquals", "aws:SourceAccount", textOf(one, "sourceAccount")],
    ["StringEquals", "aws:PrincipalOrgID", textOf(one, "principalOrgId") ?? textOf(one, "organizationId")],
    ["StringEquals", "lambda:FunctionUrlAuthType", textOf(one, "functionUrlAuthType")],
    // Alexa's skill id and the like: what only the two sides know.
    ["StringEquals", "sts:ExternalId", textOf(one, "eventSourceToken")],
  ] as const;
  return { principal: one.principal, action: textOf(one, "action") ?? "lambda:InvokeFunction", conditions };
}
