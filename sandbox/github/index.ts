/** A GitHub on this machine: its REST API and git over HTTP, on a port of the loopback address. */
import { mkdir } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Fault } from "../cloud/faults.ts";
import type { Handlers } from "./call.ts";
import { Description } from "./description.ts";
import { BareRepository, gitPath } from "./git.ts";
import { commits } from "./routes/commits.ts";
import { issues } from "./routes/issues.ts";
import { pulls } from "./routes/pulls.ts";
import { runs } from "./routes/runs.ts";
import { apiPath, type CallLine, Server } from "./server.ts";
import { type Job, type Repository, type Role, type RunReview, State, type User, type WorkflowRun } from "./state.ts";

export const githubHandlers: Handlers = { ...pulls, ...issues, ...commits, ...runs };

export interface RepositoryOptions {
  /** `owner/name`. */
  readonly name: string;
  readonly isPrivate?: boolean;
  readonly defaultBranch?: string;
  /** `owner/name` of what it is a fork of. */
  readonly forkOf?: string;
  /** Who may do what in it, by login. */
  readonly roles: Readonly<Record<string, Role>>;
}

export interface StandInGithub {
  /** For `GITHUB_API_URL`. */
  readonly api: string;
  /** For `GITHUB_SERVER_URL`; `<url>/<owner>/<name>.git` is the repository. */
  readonly url: string;
  /** Adds a person, or a bot. @returns the token to call with as them. */
  addUser(login: string, type?: User["type"]): string;
  addRepository(options: RepositoryOptions): Promise<Repository>;
  /** A reviewer of environments answers for a run that waits for them, as on GitHub's page of it. */
  reviewRun(repository: string, run: number, by: string, review: Pick<RunReview, "environments" | "state">): void;
  /** A workflow was begun for a pull request, with what came of its jobs so far; the newest last. */
  addRun(
    repository: string,
    run: Pick<WorkflowRun, "workflow" | "head" | "pull"> & {
      readonly jobs: Readonly<Record<string, Job["conclusion"]>>;
    },
  ): WorkflowRun;
  /** Faults, as of the cloud: the service is `github`, the operation its id in GitHub's description. */
  fault(...faults: readonly Fault[]): void;
  clearFaults(): void;
  /** What was called since the start, in order. */
  readonly calls: readonly CallLine[];
  /** Where the stand-in did not answer as GitHub describes: a fault of its own. */
  readonly wrong: readonly string[];
  stop(): Promise<void>;
}

let description: Description | undefined;

/** @param options.directory of the repositories */
export async function startGithub(options: {
  readonly directory: string;
  readonly now?: () => Date;
}): Promise<StandInGithub> {
  description ??= new Description();
  await mkdir(options.directory, { recursive: true });
  const state = new State(options.now ?? (() => new Date()));
  const server = new Server(description, state, githubHandlers, options.directory);
  // As the cloud does: whoever calls closes, so that no call meets a connection that is just being closed.
  const http = createServer({ keepAliveTimeout: 0 }, (request, response) => void server.serve(request, response));
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  server.places = { api: `${url}${apiPath}`, pages: url };
  return {
    ...{ api: server.places.api, url, calls: server.calls, wrong: server.wrong },
    addUser: (login, type = "User") => {
      const user: User = { id: state.id(), login, type, token: `token-of-${login.replace(/\W/g, "-")}` };
      state.users.set(login, user);
      return user.token;
    },
    addRepository: (given) => addRepository(state, options.directory, given),
    reviewRun: (name, run, by, review) => {
      const user = state.users.get(by);
      const found = state.repositories.get(name.toLowerCase());
      if (!user || !found) throw new Error(`there is no ${user ? name : by}`);
      found.runReviews.push({ run, user, ...review });
    },
    addRun: (name, { jobs, ...run }) => {
      const made: WorkflowRun = {
        ...{ id: state.id(), event: "pull_request", ...run },
        jobs: Object.entries(jobs).map(([job, conclusion]) => ({ id: state.id(), name: job, conclusion, attempts: 1 })),
      };
      state.repositories.get(name.toLowerCase())?.runs.push(made);
      return made;
    },
    fault: (...faults) => server.faults.add(faults),
    clearFaults: () => server.faults.clear(),
    stop: async () => {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}

async function addRepository(state: State, directory: string, options: RepositoryOptions): Promise<Repository> {
  const [owner = "", name = ""] = options.name.split("/");
  const branch = options.defaultBranch ?? "main";
  const forkOf = options.forkOf === undefined ? undefined : state.repositories.get(options.forkOf.toLowerCase());
  const repository: Repository = {
    ...{ id: state.id(), owner, name, isPrivate: options.isPrivate ?? false, defaultBranch: branch },
    git: await BareRepository.create(gitPath(directory, owner, name), branch),
    ...(forkOf && { forkOf }),
    roles: new Map(Object.entries(options.roles)),
    ...{ issues: [], comments: [], statuses: [], deployments: [], runReviews: [], runs: [] },
  };
  state.repositories.set(options.name.toLowerCase(), repository);
  return repository;
}
