import type { Aws } from "../../aws/clients.ts";
import { type Clock, jittered } from "../../clock.ts";
import { streamLogs } from "../job-log.ts";
import { findBuild } from "./builds.ts";
import { type BuildEnd, endOf } from "./outcome.ts";

export interface FollowingBuild {
  readonly aws: Aws;
  readonly build: string;
  readonly clock: Clock;
  /** Is told each phase that is entered, and each line that the build writes. */
  readonly tell: (line: string) => void;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
  /** Ends the looking, and nothing else. */
  readonly detach?: AbortSignal;
}

export interface FollowedBuild extends BuildEnd {
  /** The last lines it wrote. */
  readonly lines: readonly string[];
}

const keptLines = 5;
/** Before these a build has written nothing. */
const before = ["SUBMITTED", "QUEUED", "PROVISIONING"];

/** Looks at a build until it is complete, which CodeBuild sees to in time. */
export async function followBuild(given: FollowingBuild): Promise<FollowedBuild> {
  const { aws, build: id, clock, tell, detach } = given;
  let logs: ReturnType<typeof streamLogs> | undefined;
  let told = 0;
  let lines: readonly string[] = [];
  for (;;) {
    const build = await findBuild(aws, id);
    const { phases = [], logs: place, currentPhase = "SUBMITTED", buildComplete = false } = build;
    for (const { phaseType } of phases.slice(told)) tell(`${id}: ${phaseType}`);
    told = phases.length;
    if (place?.streamName !== undefined && !before.includes(currentPhase)) {
      logs ??= streamLogs(aws, place.groupName ?? "");
      const more = (await logs.more(place.streamName, buildComplete)).map((line) => line.trimEnd());
      for (const line of more) tell(`  ${line}`);
      lines = [...lines, ...more].slice(-keptLines);
    }
    if (buildComplete || detach?.aborted) return { ...endOf(build), lines };
    await clock.sleep(jittered(given.everyMs), detach);
  }
}
