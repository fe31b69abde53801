import type { Build, BuildPhase } from "@aws-sdk/client-codebuild";
import { SwitchyardError } from "../../../programs/errors.ts";

/** How a build ended. */
export interface BuildEnd {
  readonly build: string;
  readonly status: string;
  /** The first phase that did not succeed; absent where all did. */
  readonly phase?: string;
  /** What AWS says of it. */
  readonly why?: string;
  /** Of the push inside of it; absent where that did not fail, or never began. */
  readonly exitCode?: number;
}

/** AWS says how a command ended in words alone (AWS CodeBuild API, PhaseContext). */
const exitPattern = /Error while executing command: push-images\. Reason: exit status (\d+)/;

export function endOf({ id = "", buildStatus = "FAULT", phases = [] }: Build): BuildEnd {
  const failed = phases.find(({ phaseStatus = "SUCCEEDED" }) => phaseStatus !== "SUCCEEDED");
  if (failed === undefined) return { build: id, status: buildStatus };
  const why = wordsOf(failed);
  const [, code] = exitPattern.exec(why) ?? [];
  return {
    ...{ build: id, status: buildStatus, phase: failed.phaseType ?? "" },
    ...(why !== "" && { why }),
    ...(buildStatus === "FAILED" && code !== undefined && { exitCode: Number(code) }),
  };
}

function wordsOf({ contexts = [] }: BuildPhase): string {
  const words = contexts.map(({ statusCode, message }) => [statusCode, message].filter(Boolean).join(": "));
  return words.filter((word) => word !== "").join("; ");
}

/**
 * Of a build that did not succeed, and whose push did not say why.
 *
 * @param lines the last that it wrote
 */
export function buildFailed(end: BuildEnd, lines: readonly string[]): SwitchyardError {
  const { what, fix } = wordsOfEnd(end);
  const said = lines.length === 0 ? "" : `; the last it wrote: ${lines.map((line) => line.trim()).join(" | ")}`;
  return new SwitchyardError("execution-failed", { what: `${what}${said}`, where: end.build, fix });
}

function wordsOfEnd({ status, phase = "no phase", why }: BuildEnd): { readonly what: string; readonly fix: string } {
  const because = why === undefined ? "" : ` (${why})`;
  switch (status) {
    case "STOPPED":
      return { what: `somebody stopped it in ${phase}`, fix: "push again, or ask who did" };
    case "TIMED_OUT":
      return {
        what: `it took longer than it may, and was ended in ${phase}`,
        fix: "read its log for what it waited for; images that need longer are built elsewhere",
      };
    default:
      return {
        what: `it ended as ${status} in ${phase}${because}`,
        fix: "correct what it says, and push again; a runner without a usable image is corrected by `switchyard up runner`",
      };
  }
}
