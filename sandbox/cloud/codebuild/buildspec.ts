/** What a buildspec makes of a build: its phases' commands, and which phases follow one that failed. */
import type { BuildPhaseType } from "@aws-sdk/client-codebuild";
import { parse } from "yaml";
import { awsError } from "../handlers.ts";

/** The phases whose commands a buildspec has, in their order. */
export const commandPhases = ["INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD"] as const;
export type CommandPhase = (typeof commandPhases)[number];

export type Commands = Readonly<Record<CommandPhase, readonly string[]>>;

/** @throws AwsError `InvalidInputException` for what the sandbox cannot carry out, and AWS could. */
export function commandsOf(text: string | undefined): Commands {
  const spec = (parse(text ?? "") ?? {}) as { version?: unknown; phases?: Record<string, Record<string, unknown>> };
  if (String(spec.version) !== "0.2") throw uncovered("a version other than 0.2");
  const others = Object.keys(spec).filter((key) => !["version", "phases"].includes(key));
  if (others.length > 0) throw uncovered(others.join(" and "));
  const commands = commandPhases.map((phase) => {
    const { commands = [], ...more } = spec.phases?.[phase.toLowerCase()] ?? {};
    if (Object.keys(more).length > 0) throw uncovered(`${Object.keys(more).join(" and ")} of ${phase.toLowerCase()}`);
    return [phase, commands as readonly string[]] as const;
  });
  return Object.fromEntries(commands) as Commands;
}

function uncovered(what: string) {
  return awsError("InvalidInputException", `The sandbox's builds have no ${what} in a buildspec`);
}

/**
 * The phase after one that failed or ended well (AWS CodeBuild, "Build phase transitions"): what a build left behind is
 * looked at also when it failed.
 */
export function nextPhase(phase: BuildPhaseType, succeeded: boolean): BuildPhaseType {
  if (!succeeded) {
    if (phase === "BUILD") return "POST_BUILD";
    return phase === "POST_BUILD" ? "UPLOAD_ARTIFACTS" : phase === "FINALIZING" ? "COMPLETED" : "FINALIZING";
  }
  const order: readonly BuildPhaseType[] = [
    ...(["SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE"] as const),
    ...commandPhases,
    ...(["UPLOAD_ARTIFACTS", "FINALIZING", "COMPLETED"] as const),
  ];
  return order[order.indexOf(phase) + 1] ?? "COMPLETED";
}
