/** GitHub's REST API, called as GitHub asks for: paged, one write after another, and again after a pause when told to. */
import { Octokit } from "@octokit/core";
import { paginateRest } from "@octokit/plugin-paginate-rest";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import Bottleneck from "bottleneck";
import { SwitchyardError } from "../../programs/errors.ts";
import { githubRepositoryPattern } from "../../programs/names.ts";
import { ownVersion } from "../surroundings.ts";

const Client = Octokit.plugin(paginateRest, retry, throttling);

export type Caller = InstanceType<typeof Client>;

/** A repository, and who asks about it. */
export interface Github {
  readonly call: Caller;
  readonly owner: string;
  readonly repo: string;
  /** Of pages a person opens. */
  readonly url: string;
  readonly token: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** As often as GitHub may say that it is too much at once, and no longer than this may it ask to wait, in seconds. */
const patience = { times: 3, seconds: 120 };

/** GitHub's REST API, "Best practices": a second between calls that write; three between those that tell people. */
const pauses = { write: 1000, notifications: 3000 };

/**
 * The repository that `GITHUB_REPOSITORY` names, at `GITHUB_API_URL`, with `GITHUB_TOKEN`: as GitHub Actions sets them.
 *
 * `SWITCHYARD_VERSION` says who calls where no package.json is beside this, as in an image.
 *
 * @param pace Scales every pause: 1 is what GitHub asks for.
 * @throws SwitchyardError `github-refused` where one of them is missing.
 */
export function openGithub(env: Environment, pace: number, tell: (line: string) => void): Github {
  const repository = env["GITHUB_REPOSITORY"] ?? "";
  if (!githubRepositoryPattern.test(repository)) throw missing("GITHUB_REPOSITORY", "owner/name of the repository");
  const auth = env["GITHUB_TOKEN"] || env["GH_TOKEN"];
  if (auth === undefined || auth === "") throw missing("GITHUB_TOKEN", "a token that may do what docs/github.md lists");
  const [owner = "", repo = ""] = repository.split("/");
  const again = (what: string) => (seconds: number, options: object, _octokit: unknown, count: number) => {
    const { method, url } = options as { readonly method: string; readonly url: string };
    const waits = count < patience.times && seconds <= patience.seconds;
    tell(`GitHub ${what} (${method} ${url}): ${waits ? `again in ${seconds} s` : "given up"}`);
    return waits;
  };
  const group = (minTime: number) => new Bottleneck.Group({ maxConcurrent: 1, minTime: minTime * pace });
  const call = new Client({
    auth,
    baseUrl: env["GITHUB_API_URL"] ?? "https://api.github.com",
    userAgent: `switchyard/${env["SWITCHYARD_VERSION"] ?? ownVersion()}`,
    // What GitHub's client warns of is said by the error that follows.
    log: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    retry: { retryAfterBaseValue: 1000 * pace },
    throttle: {
      ...{ write: group(pauses.write), notifications: group(pauses.notifications) },
      retryAfterBaseValue: 1000 * pace,
      onRateLimit: again("has been called too often this hour"),
      onSecondaryRateLimit: again("has been called too often at once"),
    },
  });
  return { call, owner, repo, token: auth, url: `${env["GITHUB_SERVER_URL"] ?? "https://github.com"}/${repository}` };
}

function missing(where: string, what: string): SwitchyardError {
  return new SwitchyardError("github-refused", {
    what: "it is not set",
    where,
    fix: `set it to ${what}; a workflow of GitHub Actions has it`,
  });
}
