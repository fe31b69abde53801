import * as z from "zod";
import { buildPlatforms } from "./build-platforms.ts";
import { cost } from "./cost/config.ts";
import { githubRepositoryPattern, stackNamePattern, stackNameRule } from "./names.ts";
import { integer, oneOf, plain, problem, text } from "./validation.ts";

const imagePattern =
  /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([a-z0-9][a-z0-9./_-]*)@sha256:[0-9a-f]{64}$/;
const imageRule =
  "an image of ECR by its digest, such as <account>.dkr.ecr.<region>.amazonaws.com/switchyard/runner@sha256:…";
/** Whole: a policy that names a part of one allows nothing (AWS Secrets Manager, "Resource format"). */
const secretPattern = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+-[A-Za-z0-9]{6}$/;
const secretRule = "the whole ARN of a secret in Secrets Manager, with the six characters at its end that it was given";

/** Where GitHub's workflows have what is delivered to a stack done: on GitHub's own machines, or by the runner on AWS. */
export const runnerOfStack = oneOf(["github", "aws"]).default("github");

/** Nobody may have the runner begin without a role that does. */
export function runnerOfStackProblems(
  {
    runner,
    github,
  }: { readonly runner: "github" | "aws"; readonly github?: { readonly runner?: boolean } | undefined },
  context: z.RefinementCtx,
): void {
  if (runner === "github" || github === undefined || github.runner === true) return;
  const fix = "Set it to true: it makes the role that merge.yaml starts the runner with";
  problem(context, ["github", "runner"], "is not true, and `switchyard:runner` is aws", fix);
}

/** Whose registry an image is in, and as what. @param image by its digest, as the keys take it */
export function imagePlace(image: string): {
  readonly account: string;
  readonly region: string;
  readonly repository: string;
} {
  const [, account = "", region = "", repository = ""] = imagePattern.exec(image) ?? [];
  return { account, region, repository };
}

/** Slack's address is the notifier's to read. */
export function runnerProblems(
  { notifierImage, slackSecretArn }: { readonly notifierImage?: string; readonly slackSecretArn?: string },
  context: z.RefinementCtx,
): void {
  if (slackSecretArn === undefined || notifierImage !== undefined) return;
  const what = "is read by the notifier, and there is no `switchyard:notifierImage`";
  problem(
    context,
    ["slackSecretArn"],
    what,
    "Name the notifier's image, or leave this out: nothing is said on Slack then",
  );
}

/** What a runner's configuration has beside what every stack's has. */
export const runnerKeys = {
  /** The image that jobs run, by digest. */
  image: text(imagePattern, imageRule),
  /** Whose commits are run. */
  repository: text(githubRepositoryPattern, "owner/name"),
  /** A secret of Secrets Manager with a token that reads the repository, and writes what is said of commits and pull requests. */
  githubTokenSecretArn: text(secretPattern, secretRule),
  /** The image that says what happens on Slack and at GitHub, by digest; nothing is said without one. */
  notifierImage: text(imagePattern, imageRule).optional(),
  /** A secret of Secrets Manager with the address of an incoming webhook of Slack; the notifier says nothing there without. */
  slackSecretArn: text(secretPattern, secretRule).optional(),
  /** The SNS topic that hears of the runner's alarms. */
  alarmTopicArn: text(
    /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}$/,
    "the ARN of an SNS topic",
  ).optional(),
  /** The stack whose releases jobs of the role `deploy` do. */
  deployStack: text(stackNamePattern, stackNameRule).default("production"),
  /** vCPUs of all jobs together. */
  maxVcpus: plain(integer(2, 256, "vCPUs")).default(16),
  /** How long a job waits that AWS Batch says it cannot start; not longer than the hour in a queue that a task allows for. */
  startSeconds: plain(integer(600, 3_600, "seconds")).default(1_800),
  /** How long a plan waits for its approval. */
  approvalSeconds: plain(integer(60, 604_800, "seconds")).default(86_400),
  /** The platforms whose images are built in the account, by `switchyard images push --remote`; none when absent. */
  builds: z
    .array(oneOf(buildPlatforms), { error: "a list of platforms, such as [linux/arm64]" })
    .refine((platforms) => new Set(platforms).size === platforms.length, { error: "each platform once" })
    .default([]),
  /** Only read by `switchyard cost`. */
  cost,
};
