import { SwitchyardError } from "../../programs/errors.ts";

/** Commands that no job can bring to a good end, and why; what may fail or not as things are is not among them. */
const neverInJobs: Readonly<Record<string, string>> = {
  bootstrap: "it needs a person's rights in the account, which no role of the jobs has",
  console: "it serves a page to the machine that it runs on, until somebody ends it",
  runner: "no role of the jobs may start, read or answer executions",
  sandbox: "it works on one machine, and a job is installed without it",
};

/** @throws SwitchyardError `invalid-flag` without a command, and for one that never ends well in a job. */
export function refuseNotForJobs(command: readonly string[]): void {
  if ((command[0] ?? "") === "")
    throw refused(
      "there is no command to run",
      "give switchyard's arguments after it, as in: -- deploy production --tag v1",
    );
  const end = command.indexOf("--");
  const own = end < 0 ? command : command.slice(0, end);
  // Flags of every command may stand before its name.
  const name = own.find((word) => !word.startsWith("-")) ?? "";
  const never = own.includes("--sandbox") ? "sandbox" : name;
  if (Object.hasOwn(neverInJobs, never))
    throw refused(
      `${command.join(" ")} never succeeds in a job: ${neverInJobs[never]}`,
      "run it where you are, without the runner",
    );
}

function refused(what: string, fix: string): SwitchyardError {
  return new SwitchyardError("invalid-flag", { what, where: "--", fix });
}
