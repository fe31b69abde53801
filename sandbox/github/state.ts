/** What the stand-in knows: people, repositories, and what was said and done in them. Of commits git itself knows. */
import type { BareRepository } from "./git.ts";

export type Role = "admin" | "maintain" | "write" | "triage" | "read" | "none";

export interface User {
  readonly id: number;
  readonly login: string;
  readonly type: "User" | "Bot";
  readonly token: string;
}

export interface Reaction {
  readonly id: number;
  readonly user: User;
  readonly content: string;
  readonly createdAt: string;
}

export interface Comment {
  readonly id: number;
  readonly user: User;
  readonly issue: number;
  body: string;
  readonly createdAt: string;
  updatedAt: string;
  readonly reactions: Reaction[];
}

export interface Review {
  readonly id: number;
  readonly user: User;
  readonly state: "APPROVED" | "CHANGES_REQUESTED" | "COMMENTED" | "DISMISSED";
  readonly body: string;
  readonly commit: string;
  readonly submittedAt: string;
}

export interface Pull {
  readonly headRef: string;
  readonly headRepository: Repository;
  readonly baseRef: string;
  readonly reviews: Review[];
  draft: boolean;
  /** The head's commit once it is merged or closed; before, the branch's. */
  lastHead?: string;
  merged?: { readonly at: string; readonly by: User; readonly commit: string };
}

/** An issue; a pull request is one as well. */
export interface Issue {
  readonly id: number;
  readonly number: number;
  readonly user: User;
  title: string;
  body: string | null;
  state: "open" | "closed";
  labels: readonly string[];
  readonly createdAt: string;
  updatedAt: string;
  closedAt: string | null;
  readonly pull?: Pull;
}

export interface Status {
  readonly id: number;
  readonly sha: string;
  readonly state: "error" | "failure" | "pending" | "success";
  readonly context: string;
  readonly description: string | null;
  readonly targetUrl: string | null;
  readonly creator: User;
  readonly createdAt: string;
}

export interface DeploymentStatus {
  readonly id: number;
  readonly state: string;
  readonly description: string;
  readonly environmentUrl: string;
  readonly logUrl: string;
  readonly creator: User;
  readonly createdAt: string;
}

export interface Deployment {
  readonly id: number;
  readonly sha: string;
  readonly ref: string;
  readonly task: string;
  readonly environment: string;
  readonly description: string | null;
  readonly payload: unknown;
  readonly creator: User;
  readonly createdAt: string;
  readonly statuses: DeploymentStatus[];
}

/** What a reviewer of environments has said of a workflow's run that waits for them. */
export interface RunReview {
  readonly run: number;
  readonly environments: readonly string[];
  readonly state: "approved" | "rejected";
  readonly user: User;
}

export interface Job {
  readonly id: number;
  readonly name: string;
  /** Undefined while it is at work. */
  conclusion: "success" | "failure" | "skipped" | undefined;
  /** How often it was run. */
  attempts: number;
}

/** A workflow's run for a pull request. Nothing runs here: who uses the stand-in does what the jobs would. */
export interface WorkflowRun {
  readonly id: number;
  /** The workflow's file, such as `preview.yaml`. */
  readonly workflow: string;
  readonly event: string;
  readonly head: string;
  readonly pull: number;
  readonly jobs: readonly Job[];
}

export interface Repository {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  readonly isPrivate: boolean;
  readonly git: BareRepository;
  readonly defaultBranch: string;
  readonly forkOf?: Repository;
  readonly roles: Map<string, Role>;
  readonly issues: Issue[];
  readonly comments: Comment[];
  readonly statuses: Status[];
  readonly deployments: Deployment[];
  readonly runReviews: RunReview[];
  readonly runs: WorkflowRun[];
}

export function isAtWork({ jobs }: WorkflowRun): boolean {
  return jobs.some(({ conclusion }) => conclusion === undefined);
}

export class State {
  readonly users = new Map<string, User>();
  readonly repositories = new Map<string, Repository>();
  readonly now: () => Date;
  #lastId = 1000;

  constructor(now: () => Date) {
    this.now = now;
  }

  id(): number {
    this.#lastId += 1;
    return this.#lastId;
  }

  /** GitHub tells times in whole seconds. */
  time(): string {
    return this.now()
      .toISOString()
      .replace(/\.\d+Z$/, "Z");
  }

  userOf(token: string): User | undefined {
    return [...this.users.values()].find((user) => user.token === token);
  }

  repository(owner: string, name: string): Repository | undefined {
    return this.repositories.get(`${owner}/${name}`.toLowerCase());
  }
}

const order: readonly Role[] = ["none", "read", "triage", "write", "maintain", "admin"];

/** What a person may do: what was granted, and reading where everybody may. */
export function roleOf(repository: Repository, login: string): Role {
  const granted = repository.roles.get(login) ?? "none";
  return granted === "none" && !repository.isPrivate ? "read" : granted;
}

export function may(repository: Repository, user: User, least: Role): boolean {
  return order.indexOf(roleOf(repository, user.login)) >= order.indexOf(least);
}
