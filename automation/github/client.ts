/** GitHub's REST API, called as GitHub asks for: paged, one write after another, and again after a pause when told to. */
import { readFile } from "node:fs/promises";
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

/** Who calls. */
export interface Identity {
  /** Another one where the last has ended. */
  token(): Promise<string>;
  /** Absent where GitHub is to be asked. */
  readonly login?: string;
}

/** By which a job of the runner hands on a token that is renewed, and whose it is (images/runner/src/identity.ts). */
export const identityVariables = { file: "SWITCHYARD_GITHUB_TOKEN_FILE", login: "SWITCHYARD_GITHUB_LOGIN" } as const;

/** A repository, and who asks about it. */
export interface Github extends Identity {
  readonly call: Caller;
  readonly owner: string;
  readonly repo: string;
  /** Of pages a person opens. */
  readonly url: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

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
export function openGithub(
  env: Environment,
  pace: number,
  tell: (line: string) => void,
  identity: Identity = identityIn(env),
): Github {
  const repository = env["GITHUB_REPOSITORY"] ?? "";
  if (!githubRepositoryPattern.test(repository)) throw missing("GITHUB_REPOSITORY", "owner/name of the repository");
  const [owner = "", repo = ""] = repository.split("/");
  const url = `${env["GITHUB_SERVER_URL"] ?? "https://github.com"}/${repository}`;
  return { ...identity, call: clientOf(identity, env, pace, tell), owner, repo, url };
}

/** @throws SwitchyardError `github-refused` where there is no token. */
function identityIn(env: Environment): Identity {
  const given = env["GITHUB_TOKEN"] || env["GH_TOKEN"];
  if (given === undefined || given === "")
    throw missing("GITHUB_TOKEN", "a token that may do what docs/github.md lists");
  const { [identityVariables.file]: file, [identityVariables.login]: login } = env;
  return {
    token: async () => (file === undefined ? given : (await readFile(file, "utf8")).trim()),
    ...(login !== undefined && { login }),
  };
}

/** GitHub's client, which asks for the token anew before each call. */
export function clientOf({ token }: Identity, env: Environment, pace: number, tell: (line: string) => void): Caller {
  const again = (what: string) => (seconds: number, options: object, _octokit: unknown, count: number) => {
    const { method, url } = options as { readonly method: string; readonly url: string };
    const waits = count < patience.times && seconds <= patience.seconds;
    tell(`GitHub ${what} (${method} ${url}): ${waits ? `again in ${seconds} s` : "given up"}`);
    return waits;
  };
  const group = (minTime: number) => new Bottleneck.Group({ maxConcurrent: 1, minTime: minTime * pace });
  return new Client({
    authStrategy: () => ({ hook: authorized(token) }),
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
}

interface Options {
  readonly headers: Record<string, string>;
}

/** What GitHub's client gives to who adds to its calls. */
interface Sending {
  (options: Options): Promise<unknown>;
  readonly endpoint: { merge(...given: readonly unknown[]): Options };
}

function authorized(token: Identity["token"]) {
  return async (request: Sending, ...given: readonly unknown[]) => {
    const options = request.endpoint.merge(...given);
    options.headers["authorization"] = `Bearer ${await token()}`;
    return request(options);
  };
}

function missing(where: string, what: string): SwitchyardError {
  return new SwitchyardError("github-refused", {
    what: "it is not set",
    where,
    fix: `set it to ${what}; a workflow of GitHub Actions has it`,
  });
}
