import { neverStarted } from "../never-started.ts";
import { traceInMachine } from "../trace.ts";
import { expression, type PassState } from "./asl.ts";

/** What every machine begins with: variables of its input. */
export function begin(next: string, ...more: readonly string[]): PassState {
  const names = ["stack", "commit", "actor", ...more];
  return {
    Type: "Pass",
    Assign: {
      ...Object.fromEntries(names.map((name) => [name, expression(`$states.input.${name}`)])),
      pullRequest: expression("$string($states.input.pullRequest)"),
      trace: traceInMachine,
      takeBack: expression("$exists($states.input.takeBack) and $states.input.takeBack"),
      applies: 0,
      turns: 0,
      looks: 0,
      begun: false,
      exitCode: 0,
      logStream: expression("''"),
      unstarted: expression("''"),
    },
    Next: next,
  };
}

export const done = { Type: "Succeed" } as const;
export const fails = (error: string, cause: string) => ({ Type: "Fail", Error: error, Cause: cause }) as const;

/** The group of the jobs' logs (programs/runner.ts). */
const jobLogs = "/switchyard/runner/jobs";

/** A part of docs/runner.md. */
const explained = "docs/runner.md, A job that never starts";

/** Likewise of a job that failed: with where its log is, as far as that is known, or why it never started. */
export const failsInJob = (error: string, cause: string) =>
  fails(
    error,
    expression(
      `'${cause}' & ($unstarted != '' ? ': ${neverStarted} (${explained}): ' & $unstarted ` +
        `: $logStream = '' ? '' : ': the log is ' & $logStream & ' of ${jobLogs}')`,
    ),
  );
