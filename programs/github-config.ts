import * as z from "zod";
import { githubRepositoryPattern, stackNamePattern, stackNameRule } from "./names.ts";
import { flag, problem, text } from "./validation.ts";

const id = (what: string) => text(/^[1-9]\d{0,18}$/, `the number GitHub knows the ${what} by, quoted`);

const keys = {
  repository: text(githubRepositoryPattern, "owner/name of a repository of GitHub"),
  /** Both or neither: the tokens of repositories made, renamed or transferred since 2026-07-15 name them. */
  ownerId: id("owner").optional(),
  repositoryId: id("repository").optional(),
};

type Ids = { readonly ownerId?: string | undefined; readonly repositoryId?: string | undefined };

function refuseOneId({ ownerId, repositoryId }: Ids, context: z.RefinementCtx): void {
  if ((ownerId === undefined) === (repositoryId === undefined)) return;
  problem(
    context,
    [ownerId === undefined ? "ownerId" : "repositoryId"],
    "is missing, and the other id is set",
    "Set both, as `gh api repos/<owner>/<name> --jq '.owner.id, .id'` prints them, or neither",
  );
}

/** The repository whose workflows may push public images. */
export const githubRepository = z
  .strictObject(keys, { error: "a mapping with the repository, owner/name" })
  .superRefine(refuseOneId);

const otherContexts = new Set<string>([
  "images",
  "preview",
  "platform",
  "approval",
  "sweep",
  "drift",
  "seal",
  "runner",
]);
const stackNames = "a list of stack names";

/** Whose workflows take roles of the account. */
export const github = z
  .strictObject({
    ...keys,
    /** The environments that are deployed from it, each by a role of its own and from a GitHub environment of its name. */
    stacks: z
      .array(text(stackNamePattern, stackNameRule), { error: stackNames })
      .nonempty({ error: stackNames })
      // Each is named in documents of the roles, which have 6,144 characters each (IAM and AWS STS quotas).
      .max(5, { error: "at most 5 stack names" })
      .default(["production"]),
    /** Lets the role of previews push images, which nobody has approved yet. */
    previewImages: flag.optional(),
    /** Lets the role of pull requests plan the organization: its state is read by the code of whoever pushes a branch. */
    planOrganization: flag.optional(),
    /** Makes a role that starts the runner: with it come the rights of all of the runner's jobs. */
    runner: flag.optional(),
  })
  .superRefine((config, context) => {
    refuseOneId(config, context);
    for (const stack of config.stacks)
      if (otherContexts.has(stack))
        problem(context, ["stacks"], `${stack} is the GitHub environment of another role`, "Rename the stack");
  });
