import { withAws } from "../deploy/conduct/session.ts";
import { deadLetters, lettersText } from "../runner/dead-letters.ts";
import { type Execution, list } from "../runner/executions.ts";
import type { Context } from "./context.ts";
import { machinesHere } from "./runner-context.ts";

/** Of each machine; what runs is among the newest. */
const looked = 20;
/** That have ended, for who asks what happened last. */
const shownEnded = 5;

/** One screen of the runner: what runs, what ended last, and what was put aside. */
export function runnerStatus({ where, out }: Context, stack: string): Promise<void> {
  return withAws(where, stack, async (aws) => {
    const machines = await machinesHere(where, aws);
    const [found, letters] = await Promise.all([list(aws, machines, looked), deadLetters(aws)]);
    const running = found.filter(({ status }) => status === "RUNNING");
    const ended = found.filter(({ status }) => status !== "RUNNING").slice(0, shownEnded);
    out.line(`${stack}  ${running.length === 0 ? "nothing runs" : `${running.length} running`}`);
    for (const each of [...running, ...ended]) out.line(executionLine(each));
    for (const line of lettersText(letters)) out.line(`! ${line}`);
    out.document({ stack, running, ended, deadLetters: letters });
  });
}

export function executionLine({ machine, status, started = "", ended, execution }: Execution): string {
  return `${machine.padEnd(10)} ${status.padEnd(9)} ${started}${ended ? ` to ${ended}` : ""}  ${execution}`;
}
