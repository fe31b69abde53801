import type { Account } from "../../account.ts";

/** ARN of a private ECR repository from its URL, which may be in another account. */
export function repositoryArn(url: string, account: Account): string {
  const match = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.[a-z.]+\/(.+)$/.exec(url);
  if (match === null) throw new Error(`${url} is not the URL of a private ECR repository`);
  const [, id, region, name] = match;
  return `arn:${account.partition}:ecr:${region}:${id}:repository/${name}`;
}
