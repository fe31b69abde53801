import type { Account } from "../../../account.ts";
import { buildPlatforms, buildProjectName, buildsPrefix } from "../../../build-platforms.ts";
import type { GithubConfig } from "../../../config.ts";
import type { Statement } from "../../../policy.ts";
import { physicalName } from "../../runner/machine-names.ts";
import type { JobRole } from "../../runner/machines/places.ts";
import { allow, inRegion } from "./place.ts";
import { readForOrganization } from "./reading.ts";

/** The state machines of the stack `runner` that somebody starts by hand; the names are fixed (programs/components/runner). */
const startedByHand = ["run", "ephemeral"] as const;

/** Handing over to the runner, whose jobs have rights of their own. */
export function startRunner(account: Account): readonly Statement[] {
  const machines = startedByHand.map((name) => inRegion(account, "states", `stateMachine:switchyard-${name}`));
  return [allow("StartRunner", ["states:StartExecution"], machines)];
}

/** A state machine that workflows start and follow, by its name, and the kinds of jobs whose logs are then read. */
interface Followed {
  readonly machine: string;
  readonly jobs: readonly JobRole[];
}

export const followedMerges: Followed = {
  machine: physicalName("merge", ""),
  jobs: ["apply", "deploy", "drift"],
};
export const followedReleases = (stack: string): Followed => ({
  machine: physicalName("release", stack),
  jobs: ["deploy"],
});

/**
 * Starting executions of one machine and following them to their end. A history shows the answers that its questions take:
 * these machines ask nobody.
 */
export function startAndFollow(account: Account, { machine, jobs }: Followed): readonly Statement[] {
  const streams = (role: JobRole) => `log-group:/switchyard/runner/jobs:log-stream:${role}/*`;
  return [
    ...startAndLook(account, [machine]),
    allow(
      "JobLogs",
      ["logs:GetLogEvents"],
      jobs.map((role) => inRegion(account, "logs", streams(role))),
    ),
  ];
}

function startAndLook(account: Account, machines: readonly string[]): readonly Statement[] {
  const each = (of: (machine: string) => string) => machines.map((machine) => inRegion(account, "states", of(machine)));
  return [
    allow(
      "StartMachine",
      ["states:StartExecution"],
      each((machine) => `stateMachine:${machine}`),
    ),
    allow(
      "Follow",
      ["states:DescribeExecution", "states:GetExecutionHistory"],
      each((machine) => `execution:${machine}:*`),
    ),
    // A job's state knows no resource (Service Authorization Reference, AWS Batch).
    allow("Jobs", ["batch:DescribeJobs"], "*"),
  ];
}

/** Starting builds of images and following them to their end. */
export function startBuilds(account: Account): readonly Statement[] {
  return [
    ...buildAndLook(account),
    allow(
      "BuildLogs",
      ["logs:GetLogEvents"],
      inRegion(account, "logs", "log-group:/switchyard/runner/builds:log-stream:*"),
    ),
    // The bucket is made after these roles, by the runner's stack, which its name begins with.
    allow("Sources", ["s3:PutObject"], `arn:${account.partition}:s3:::runner-artifacts-*/${buildsPrefix}*`, {
      StringEquals: { "aws:ResourceAccount": account.id },
    }),
    // Likewise its key, which has an alias (programs/runner.ts).
    allow("SourcesKey", ["kms:GenerateDataKey"], inRegion(account, "kms", "key/*"), {
      StringEquals: { "kms:ViaService": `s3.${account.region}.amazonaws.com` },
      "ForAnyValue:StringEquals": { "kms:ResourceAliases": "alias/switchyard/runner" },
    }),
  ];
}

function buildAndLook(account: Account): readonly Statement[] {
  const projects = buildPlatforms.map((platform) =>
    inRegion(account, "codebuild", `project/${buildProjectName(platform)}`),
  );
  return [
    allow(
      "Builds",
      [
        "codebuild:BatchGetBuilds",
        "codebuild:BatchGetProjects",
        "codebuild:ListBuildsForProject",
        "codebuild:StartBuild",
      ],
      projects,
    ),
  ];
}

/** What the configuration gives some workflow beyond the usual: the boundary of all has to let it through. */
export function chosenRights(
  account: Account,
  { planOrganization, runner, stacks = [] }: Partial<GithubConfig>,
): readonly Statement[] {
  const followed = [followedMerges, ...stacks.map(followedReleases)].map(({ machine }) => machine);
  return [
    ...(planOrganization === true ? readForOrganization : []),
    ...(runner === true ? [...startRunner(account), ...startAndLook(account, followed), ...buildAndLook(account)] : []),
  ];
}
