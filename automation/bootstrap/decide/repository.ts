/** What a repository of GitHub has to have for its workflows: variables, and environments. */
import { publicImagesEnvironment } from "../../../programs/components/registry/push-role.ts";
import type { GithubConfig } from "../../../programs/config.ts";
import type { State } from "./steps.ts";

/** The role each workflow takes, by the variable its ARN is in. */
const roleVariables: Readonly<Record<string, string>> = {
  plan: "PLAN_ROLE_ARN",
  images: "IMAGES_ROLE_ARN",
  preview: "PREVIEW_ROLE_ARN",
  platform: "PLATFORM_ROLE_ARN",
  approve: "APPROVAL_ROLE_ARN",
  sweep: "SWEEP_ROLE_ARN",
  drift: "DRIFT_ROLE_ARN",
  seal: "SEAL_ROLE_ARN",
  runner: "RUNNER_ROLE_ARN",
  "start-images": "IMAGES_RUNNER_ROLE_ARN",
  "start-platform": "PLATFORM_RUNNER_ROLE_ARN",
};

export interface Delivery {
  readonly region: string;
  readonly backendUrl: string;
  readonly roleArns: Readonly<Record<string, string>>;
  readonly github: GithubConfig;
  /** Of the registry stack; undefined until it is applied. */
  readonly pushRoleArn?: string | undefined;
}

export type Variables = Readonly<Record<string, string>>;

/** @returns variable → its value, in order. */
export function variablesOf({ region, backendUrl, roleArns, github, pushRoleArn }: Delivery): Variables {
  const [first = "production"] = github.stacks;
  const roles = Object.entries(roleVariables).flatMap(([role, variable]) => {
    const arn = roleArns[role];
    return arn === undefined ? [] : [[variable, arn]];
  });
  const [deploy, startDeploy] = [roleArns[`deploy-${first}`], roleArns[`start-${first}`]];
  return {
    AWS_REGION: region,
    PULUMI_BACKEND_URL: backendUrl,
    ...(Object.fromEntries(roles) as Variables),
    ...(github.previewImages === true ? { PREVIEW_IMAGES: "true" } : {}),
    ...(deploy === undefined ? {} : { DEPLOY_ROLE_ARN: deploy }),
    ...(startDeploy === undefined ? {} : { DEPLOY_RUNNER_ROLE_ARN: startDeploy }),
    ...(pushRoleArn === undefined ? {} : { PUBLIC_IMAGES_ROLE_ARN: pushRoleArn }),
  };
}

/** Pattern of a branch or tag that may deploy to an environment → which of the two it names. */
type Limits = Readonly<Record<string, "branch" | "tag">>;

/** Environment → what may deploy to it; everything where nothing is said. */
export function environmentsOf({ github, pushRoleArn }: Delivery): Readonly<Record<string, Limits>> {
  const runner = github.runner === true ? ["runner"] : [];
  const open = ["preview", "platform", "approval", "sweep", ...runner].map((name) => [name, {}] as const);
  // A star stands for no slash: releases of one service are tagged api/v1.4.0.
  const released = { "v*": "tag", "*/v*": "tag" } as const;
  const tagged = ["images", ...github.stacks].map((name) => [name, released] as const);
  // One may read every secret in a state, one says what was true: whoever pushes a branch begins neither.
  const main = { main: "branch" } as const;
  const read = { drift: main, seal: main };
  const ofRegistry = { [publicImagesEnvironment]: { main: "branch", "v*": "tag" } as const };
  return { ...Object.fromEntries([...open, ...tagged]), ...read, ...(pushRoleArn === undefined ? {} : ofRegistry) };
}

/** The repository as GitHub has it. */
export interface RepositorySeen {
  readonly variables: Variables;
  /** Environment → the patterns of what may deploy to it; none for one that all may deploy to. */
  readonly environments: Readonly<Record<string, readonly string[]>>;
}

/** One thing that is to be set, and the command that sets it. */
export interface Setting {
  readonly what: string;
  /** Arguments of `gh`. */
  readonly gh: readonly string[];
}

/** What is missing, each with the command for it; everything when the repository was not seen. */
export function settingsFor(delivery: Delivery, seen?: RepositorySeen): readonly Setting[] {
  const { repository } = delivery.github;
  const variables = Object.entries(variablesOf(delivery))
    .filter(([name, value]) => seen?.variables[name] !== value)
    .map(([name, value]) => ({
      what: `variable ${name}`,
      gh: ["variable", "set", name, "--repo", repository, "--body", value],
    }));
  const environments = Object.entries(environmentsOf(delivery)).flatMap(([name, limits]) => {
    const path = `repos/${repository}/environments/${name}`;
    const there = seen?.environments[name];
    const policy = ["protected_branches=false", "custom_branch_policies=true"];
    const limit = policy.flatMap((each) => ["-F", `deployment_branch_policy[${each.replace("=", "]=")}`]);
    const isLimited = Object.keys(limits).length > 0;
    const make = { what: `environment ${name}`, gh: ["api", "-X", "PUT", path, ...(isLimited ? limit : [])] };
    const patterns = Object.entries(limits).map(([pattern, type]) => ({
      what: `${type} ${pattern} for the environment ${name}`,
      gh: ["api", "-X", "POST", `${path}/deployment-branch-policies`, "-f", `name=${pattern}`, "-f", `type=${type}`],
    }));
    const missing = patterns.filter((_, index) => !there?.includes(Object.keys(limits)[index] ?? ""));
    return [...(there === undefined ? [make] : []), ...missing];
  });
  return [...variables, ...environments];
}

/** Why `gh` cannot be asked. */
export type GhProblem = "it is not installed" | "it is not logged in" | "it may not read the repository";

export function repositoryState(delivery: Delivery, seen: RepositorySeen | GhProblem): State {
  const { repository } = delivery.github;
  if (typeof seen === "string")
    return {
      kind: "by-hand",
      required: false,
      says: `\`gh\` cannot be asked: ${seen}; what is set is not known. To set all of it, where gh is:`,
      steps: [...settingsFor(delivery).map(({ gh }) => commandLine(gh)), reviewers(delivery.github)],
    };
  const open = settingsFor(delivery, seen);
  if (open.length > 0) return { kind: "to-do", does: open.map(({ what }) => `set ${what} of ${repository}`) };
  return { kind: "done", says: `variables and environments of ${repository}` };
}

export function reviewers({ stacks, runner }: Pick<GithubConfig, "stacks" | "runner">): string {
  const names = ["platform", "approval", ...(runner === true ? ["runner"] : []), ...stacks];
  return `in the repository's settings, give the environments ${names.join(", ")} required reviewers`;
}

/** As it is pasted into a shell. */
export function commandLine(gh: readonly string[]): string {
  return ["gh", ...gh].map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word}'`)).join(" ");
}

/** Variables that say what this bootstrap set: those are taken away, and no others. */
export function ownVariables(delivery: Delivery, { variables }: RepositorySeen): readonly string[] {
  return Object.entries(variablesOf(delivery)).flatMap(([name, value]) => (variables[name] === value ? [name] : []));
}
