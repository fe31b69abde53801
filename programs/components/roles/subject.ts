/** A repository of GitHub as its workflows' tokens name it. */
export interface GithubRepository {
  /** `owner/name`. */
  readonly repository: string;
  /** Numeric id of the owner; with `repositoryId` the tokens' subjects have the ID form. */
  readonly ownerId?: string | undefined;
  readonly repositoryId?: string | undefined;
}

/** What a workflow runs for: a GitHub environment, or a pull request. */
export type WorkflowContext = { readonly environment: string } | "pull_request";

/**
 * The `sub` claim of a workflow's token: `repo:owner/name:environment:production`, or with ids
 * `repo:owner@1/name@2:environment:production`, the form of repositories made, renamed or transferred since 2026-07-15
 * (GitHub Docs, "OpenID Connect reference"). An environment's name stands in it with `:` as `%3A`.
 */
export function subjectOf({ repository, ownerId, repositoryId }: GithubRepository, context: WorkflowContext): string {
  const [owner, name] = repository.split("/");
  const named =
    ownerId === undefined || repositoryId === undefined ? repository : `${owner}@${ownerId}/${name}@${repositoryId}`;
  if (context === "pull_request") return `repo:${named}:pull_request`;
  return `repo:${named}:environment:${context.environment.replaceAll(":", "%3A")}`;
}
