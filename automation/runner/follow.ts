import type { MachineName } from "../../programs/components/runner/machine-names.ts";
import { neverStarted } from "../../programs/components/runner/never-started.ts";
import { withoutTrace } from "../../programs/components/runner/trace.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import type { Aws } from "../aws/clients.ts";
import { type Clock, jittered } from "../clock.ts";
import { type Execution, find, history, unlessUnknown } from "./executions.ts";
import { lastExitCode, statesOf, toldOf } from "./history.ts";
import { jobLogs } from "./job-log.ts";
import type { Machines } from "./machines.ts";

export interface Following {
  readonly aws: Aws;
  readonly machines: Machines;
  readonly execution: string;
  /** Of what; any of them when absent. */
  readonly machine?: MachineName;
  readonly clock: Clock;
  /** Is told each state that is entered, and each line that a job writes. */
  readonly tell: (line: string) => void;
  /** Stands before what a job writes; two spaces unless given. */
  readonly margin?: string;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
  /** Milliseconds until it is given up; the execution goes on. */
  readonly mostMs: number;
  /** Ends the looking, and nothing else. */
  readonly detach?: AbortSignal;
}

/** After so long it is looked at less and less often, so that a week of it takes no more calls than a command may make. */
const oftenMs = 30 * 60_000;

/** Looks, after the first, at which AWS may not know yet what was started a moment ago. */
const unknownLooks = 2;

/** How a followed execution ended, or, as `RUNNING`, where it stands when it is not followed any longer. */
export interface Ended extends Execution {
  readonly states: readonly string[];
  /** Of the last job that failed; absent where none did, or it had none. */
  readonly exitCode?: number;
}

/**
 * Looks at an execution until it has ended, or the time is over, and says each state as it is entered and what each job writes.
 *
 * @throws SwitchyardError `not-found` where there is none.
 */
export async function follow(given: Following): Promise<Ended> {
  const { aws, machines, execution, machine, clock, tell, margin = "  ", detach } = given;
  const begun = clock.now();
  const until = begun + given.mostMs;
  const logs = jobLogs(aws);
  const tellLines = async (stream: string, isWhole: boolean) => {
    for (const line of await logs.more(stream, isWhole)) tell(`${margin}${withoutTrace(line)}`);
  };
  let told = 0;
  let running: string | undefined;
  let waited: string | undefined;
  for (let looks = 0; ; looks++) {
    // Looked at before the history, so that the history of one that has ended is whole.
    const looked = find(aws, machines, execution, machine && [machine]);
    const known = await (looks < unknownLooks && !detach?.aborted ? looked.catch(unlessUnknown) : looked);
    if (known === undefined) {
      await clock.sleep(given.everyMs, detach);
      continue;
    }
    const { arn, ...found } = known;
    const events = await history(aws, arn);
    const states = statesOf(events);
    const all = toldOf(events);
    for (const each of all.slice(told)) {
      if ("state" in each) tell(`${execution}: ${each.state}`);
      else if ("job" in each) running = each.job;
      else {
        running = undefined;
        await tellLines(each.logStream, true);
      }
    }
    told = all.length;
    const { stream, waits } = running === undefined ? {} : await logs.of(running);
    if (stream !== undefined) await tellLines(stream, false);
    if (waits !== undefined && waits !== "" && waits !== waited)
      tell(`${margin}(its job cannot be started yet: ${waits})`);
    waited = waits;
    if (detach?.aborted) return { ...found, states };
    if (found.status !== "RUNNING") {
      const exitCode = lastExitCode(events);
      return { ...found, states, ...(exitCode === undefined ? {} : { exitCode }) };
    }
    // A job of it may have failed, and another be at work in its place: no exit code is its own yet.
    if (clock.now() >= until) return { ...found, states };
    const everyMs = given.everyMs * Math.max(1, (clock.now() - begun) / oftenMs);
    await clock.sleep(Math.min(jittered(everyMs), Math.max(1, until - clock.now())), detach);
  }
}

/** How one ended that did not succeed, in a line. */
export function endedText({ execution, status, exitCode, error = status, cause = "" }: Ended): string {
  if (status === "RUNNING") return `${execution} still runs`;
  if (exitCode !== undefined) return `${execution} ended as ${error}: its job ended with exit code ${exitCode}`;
  return `${execution} ended as ${error}${cause === "" ? "" : ` (${cause})`}`;
}

/** @throws SwitchyardError `execution-failed` for one that did not succeed. */
export function refuseFailed(ended: Ended): void {
  if (ended.status === "SUCCEEDED") return;
  if (ended.status === "RUNNING")
    throw new SwitchyardError("execution-failed", {
      what: `it still runs, in ${ended.states.at(-1) ?? "no state"}`,
      where: ended.execution,
      fix: "follow it again, or with a longer --wait; `switchyard runner cancel` stops it",
    });
  const why = [ended.error, ended.cause].filter((each) => each !== undefined && each !== "").join(": ");
  throw new SwitchyardError("execution-failed", {
    what: `it ended as ${ended.status}${why === "" ? "" : ` (${why})`}, in ${ended.states.at(-1) ?? "no state"}`,
    where: ended.execution,
    fix: ended.cause?.includes(neverStarted)
      ? "mend what it names, and start it once more with --attempt"
      : "read the job's log in /switchyard/runner/jobs, mend it, and start it once more with --attempt",
  });
}
