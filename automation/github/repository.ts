import type { Github } from "./client.ts";

/** Whether strangers cannot read it; one that GitHub does not tell of counts as open to everybody. */
export async function isPrivate({ call, owner, repo }: Github): Promise<boolean> {
  try {
    return (await call.request("GET /repos/{owner}/{repo}", { owner, repo })).data.private;
  } catch {
    return false;
  }
}
