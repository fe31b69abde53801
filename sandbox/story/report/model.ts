import type { LoadResult } from "../load/recorder.ts";

/** What a release command of the driver reports of itself. */
export interface Release {
  readonly version: string;
  readonly outcome: string;
  readonly strategy: string;
  readonly steps: readonly { readonly name: string; readonly ms: number; readonly awsCalls: number }[];
}

/** A command of the story, as it went. */
export interface PlayedCommand {
  /** As shown, such as `switchyard deploy sandbox --tag v1`. */
  readonly command: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly ms: number;
  /** AWS calls that reached the sandbox meanwhile, whoever made them. */
  readonly awsCalls: number;
  readonly exitCode: number;
  readonly release?: Release;
}

export interface StoryReport {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly seconds: number;
  readonly engine: string;
  /** Whether every step did what it should and no request failed. */
  readonly ok: boolean;
  /** Why not. */
  readonly problem?: string;
  readonly requests: number;
  readonly failed: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly versionsSeen: readonly string[];
  readonly releases: readonly Release[];
  readonly commands: readonly PlayedCommand[];
  /** Absent when the story ended before the load began. */
  readonly load?: LoadResult;
}

export function buildReport(story: {
  startedAt: number;
  endedAt: number;
  engine: string;
  problem: string | undefined;
  commands: readonly PlayedCommand[];
  load: LoadResult | undefined;
}): StoryReport {
  const { load } = story;
  const commands = story.commands.toSorted((a, b) => a.startedAt - b.startedAt);
  const problem = story.problem ?? loadProblem(load);
  return {
    startedAt: new Date(story.startedAt).toISOString(),
    seconds: Math.round((story.endedAt - story.startedAt) / 100) / 10,
    engine: story.engine,
    ok: problem === undefined,
    ...(problem === undefined ? {} : { problem }),
    requests: load?.requests ?? 0,
    failed: load?.failed ?? 0,
    p50Ms: load?.p50Ms ?? 0,
    p99Ms: load?.p99Ms ?? 0,
    versionsSeen: Object.keys(load?.versions ?? {}).sort(),
    releases: commands.flatMap(({ release }) => (release === undefined ? [] : [release])),
    commands,
    ...(load === undefined ? {} : { load }),
  };
}

function loadProblem(load: LoadResult | undefined): string | undefined {
  if (load === undefined) return "the load did not run to its end";
  if (load.failed === 0) return undefined;
  const reasons = Object.entries(load.failuresByReason).map(([reason, times]) => `${times} × ${reason}`);
  return `${load.failed} of ${load.requests} requests failed: ${reasons.join(", ")}`;
}
