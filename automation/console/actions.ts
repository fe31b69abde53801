/** What may be done from the page: what the command line does, by the command line itself. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { z } from "zod";
import { SwitchyardError } from "../../programs/errors.ts";
import { projectRoot } from "../surroundings.ts";
import type { EnvironmentView } from "./views/environment.ts";

export const actionKinds = ["promote", "abort", "rollback"] as const;

export interface Action {
  readonly stack: string;
  readonly kind: (typeof actionKinds)[number];
  /** What the person saw and confirmed: the version in flight, or of a rollback the one that serves. */
  readonly version: string;
}

const body = z.strictObject({ kind: z.enum(actionKinds), version: z.string().min(1).max(200) });

/** @throws SwitchyardError `invalid-flag` naming the field. */
export function readAction(stack: string, given: unknown): Action {
  const { success, data, error } = body.safeParse(given);
  if (success) return { stack, ...data };
  throw new SwitchyardError("invalid-flag", {
    what: error.issues[0]?.message ?? "it is no action",
    where: error.issues[0]?.path.join(".") || "action",
    fix: `send kind (${actionKinds.join(", ")}) and version`,
  });
}

/** The version an action is about, as the page names it in its question; undefined where there is nothing to do. */
export function subjectOf(kind: Action["kind"], { flight, services }: EnvironmentView): string | undefined {
  if (kind === "promote") return flight?.approvable ? flight.version : undefined;
  if (kind === "abort") return flight?.version;
  if (flight !== undefined) return undefined;
  const live = services.flatMap(({ colours }) => colours.filter(({ role }) => role === "live"));
  return [...new Set(live.map(({ version = "" }) => version))].sort().join(", ") || undefined;
}

/** @throws SwitchyardError `in-flight` where things are not any more as they were confirmed. */
export function refuseOther({ kind, version, stack }: Action, view: EnvironmentView): void {
  const now = subjectOf(kind, view);
  if (now === version) return;
  throw new SwitchyardError("in-flight", {
    what: `it was confirmed for ${version}, and ${now === undefined ? "there is nothing of that kind to do" : `now it is ${now}`}`,
    where: `${kind} of ${stack}`,
    fix: "look at the page again, and confirm what it shows now",
  });
}

/** The command that does it. */
export function argumentsOf({ kind, stack, version }: Action): readonly string[] {
  return kind === "promote" ? [kind, stack, "--tag", version.split(" ")[0] ?? version] : [kind, stack];
}

export interface Acted {
  readonly command: string;
  /** True once it is over; what goes on is seen on the page. */
  readonly ended: boolean;
  readonly ok: boolean;
  readonly output: string;
}

/** The end of a command's output that is kept, in characters. */
const outputKept = 8_000;

/**
 * Runs the command in a process group of its own: Ctrl-C in the console's terminal ends the console, and not a rollback.
 *
 * @param waitMs It is answered after this long, whether the command is over or not.
 */
export function run(action: Action, waitMs: number): Promise<Acted> {
  const args = argumentsOf(action);
  const child = spawn(process.execPath, [join(projectRoot, "automation/cli.ts"), ...args], {
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, CI: "" },
  });
  let output = "";
  for (const from of [child.stdout, child.stderr])
    from.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-outputKept);
    });
  const command = `switchyard ${args.join(" ")}`;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve({ command, ended: false, ok: true, output }), waitMs);
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ command, ended: true, ok: code === 0, output });
    });
  });
}
