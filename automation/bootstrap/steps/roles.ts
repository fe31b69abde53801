/** Roles that the repository's workflows take. */
import { subjectOf } from "../../../programs/components/roles/subject.ts";
import type { GithubConfig } from "../../../programs/config.ts";
import type { StackConfig } from "../../stacks/settings.ts";
import { type RolesSeen, rolesState } from "../decide/judge.ts";
import { nothingToUndo } from "../decide/steps.ts";
import type { Wanted } from "../decide/wanted.ts";
import { outputsOf } from "../stack-state.ts";
import type { Io, Step } from "../step.ts";
import { seeStack, write } from "./stacks.ts";

export const roles: Step = {
  name: "roles",
  title: "Roles of the workflows",
  describe: ({ github }) =>
    github === undefined
      ? "make no roles: no repository is named"
      : `make roles for the workflows of ${github.repository}`,
  detect: async (io) => {
    const { github } = io.wanted;
    if (github === undefined)
      return { kind: "left-out", says: "no repository: name it with --repository, or as switchyard:github" };
    const outputs = outputsOf(await io.stacks.state("pipeline"));
    const arns = outputs?.["roleArns"] as Readonly<Record<string, string>> | undefined;
    const seen = await seeStack(io, "pipeline", keys(io.wanted));
    return rolesState(arns && (await seeRoles(io, arns)), subjects(github), seen);
  },
  act: async (io) => {
    await write(io, "pipeline", keys(io.wanted));
    // A role that a hand deleted is made again only once the engine has looked.
    await io.stacks.apply("pipeline", {
      refresh: outputsOf(await io.stacks.state("pipeline"))?.["roleArns"] !== undefined,
    });
  },
  // They go with the pipeline.
  undo: async () => nothingToUndo,
};

/** All that the file says of it stays: what this leaves out is taken from the file. */
export function keys({ github }: Pick<Wanted, "github">): StackConfig {
  if (github === undefined) return {};
  const said = Object.entries(github).filter(([, value]) => value !== undefined);
  return { "switchyard:github": Object.fromEntries(said) };
}

/** One of every kind: the roles' own tests look at each. */
export function subjects(github: GithubConfig): readonly string[] {
  const usual = ["images", "preview", "platform", "approval", "sweep", "drift", "seal"];
  const environments = [...usual, ...(github.runner === true ? ["runner"] : []), ...github.stacks];
  return [subjectOf(github, "pull_request"), ...environments.map((environment) => subjectOf(github, { environment }))];
}

async function seeRoles({ aws }: Io, arns: Readonly<Record<string, string>>): Promise<RolesSeen> {
  const [sdk, client] = await Promise.all([import("@aws-sdk/client-iam"), aws.client("iam")]);
  const seen = Object.entries(arns).map(async ([role, arn]) => {
    const RoleName = arn.slice(arn.lastIndexOf("/") + 1);
    const found = await client.send(new sdk.GetRoleCommand({ RoleName })).catch((error: Error) => {
      if (error.name === "NoSuchEntityException") return undefined;
      throw error;
    });
    const trust = found?.Role?.AssumeRolePolicyDocument;
    return [role, found === undefined ? undefined : trustedSubjects(decodeURIComponent(trust ?? "{}"))] as const;
  });
  return Object.fromEntries(await Promise.all(seen));
}

/** The values of `token.actions.githubusercontent.com:sub` in a trust document. */
export function trustedSubjects(document: string): readonly string[] {
  const { Statement = [] } = JSON.parse(document) as { Statement?: readonly Trust[] };
  return [Statement]
    .flat()
    .flatMap(({ Condition = {} }) =>
      Object.entries(Condition["StringEquals"] ?? {}).flatMap(([key, value]) => (key.endsWith(":sub") ? value : [])),
    );
}

interface Trust {
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | string[]>>>>;
}
