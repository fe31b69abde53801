import type { Places } from "./places.ts";

/** What an execution begins with; the machines make variables of it. */
export interface ExecutionInput {
  readonly stack: string;
  /** The commit whose driver and programs run. */
  readonly commit: string;
  /** Who started it. */
  readonly actor: string;
  /** Its number; 0 where there is none. */
  readonly pullRequest: number;
  /** Of AWS X-Ray. One that has none makes its own. */
  readonly trace?: string;
}

/** The same for a preview, whose stack is that of its pull request. */
export interface PreviewInput extends ExecutionInput {
  readonly tag: string;
  readonly ttlSeconds: number;
}

/** The same for what a pull request has merged. */
export interface MergeInput extends ExecutionInput {
  /** Whether what it has applied is taken back, as another stack of the same merge could not be applied. */
  readonly takeBack?: boolean;
  /** Whether its plan is only held against the approved one, before anything of the merge is applied. */
  readonly check?: boolean;
}

/** The same for a release. */
export interface ReleaseInput extends ExecutionInput {
  readonly tag: string;
  /** The only service that is deployed; empty for all. */
  readonly service: string;
}

/** The same for a command of one's own. */
export interface CommandInput extends ExecutionInput {
  readonly role: keyof Places["jobDefinitions"];
  /** Arguments of `switchyard`. */
  readonly command: readonly string[];
}
