import { createHash } from "node:crypto";
import { join } from "node:path";
import type { EngineEvent, OpMap } from "@pulumi/pulumi/automation/index.js";
import { parseMessage } from "../../policies/message.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { projectRoot } from "../surroundings.ts";
import { type OpenStack, plainOutputs } from "./open.ts";

export interface PlannedChange {
  readonly urn: string;
  readonly type: string;
  readonly op: string;
  /** Property paths that differ. */
  readonly properties: readonly string[];
}

export interface Violation {
  readonly policy: string;
  readonly pack: string;
  readonly urn: string;
  readonly message: string;
  readonly level: string;
  readonly severity?: string;
}

export interface Plan {
  readonly stack: string;
  readonly counts: OpMap;
  readonly changes: readonly PlannedChange[];
  readonly violations: readonly Violation[];
  /** SHA-256 over what would change; the same plan has the same hash. */
  readonly hash: string;
}

export interface UpdateEvents {
  readonly onOutput?: (text: string) => void;
  readonly onEvent?: (event: EngineEvent) => void;
}

export interface UpdateOptions extends UpdateEvents {
  /** Reads every resource from the account first: what was changed there is put back, what is gone is made anew. */
  readonly refresh?: boolean;
}

/** A preview with the policy pack. @throws SwitchyardError `update-failed` when the program itself fails. */
export async function plan(open: OpenStack, options: UpdateOptions = {}): Promise<Plan> {
  const changes: PlannedChange[] = [];
  const violations: Violation[] = [];
  const diagnostics: string[] = [];
  const collect = (event: EngineEvent) => {
    options.onEvent?.(event);
    const meta = event.resourcePreEvent?.metadata;
    if (meta && meta.op !== "same" && meta.op !== "refresh")
      changes.push({ urn: meta.urn, type: meta.type, op: meta.op, properties: Object.keys(meta.detailedDiff ?? {}) });
    if (event.policyEvent) violations.push(violationOf(event.policyEvent));
    if (event.diagnosticEvent?.severity === "error") diagnostics.push(event.diagnosticEvent.message.trim());
  };
  let counts: OpMap = {};
  // The policy pack starts in a process of its own: meanwhile this one loads the program. A failure shows where it runs.
  import("../../programs/stack.ts").catch(() => undefined);
  try {
    const answer = await withoutTraces(() =>
      open.stack.preview({
        ...packOf(open),
        onEvent: collect,
        ...(options.refresh && { refresh: true }),
        ...(options.onOutput && { onOutput: options.onOutput }),
      }),
    );
    counts = answer.changeSummary;
  } catch (cause) {
    if (!violations.some((v) => v.level === "mandatory"))
      throw updateFailed(open.name, "the preview failed", diagnostics, cause);
  }
  changes.sort((a, b) => (a.urn < b.urn ? -1 : 1));
  const hash = createHash("sha256").update(JSON.stringify(changes)).digest("hex");
  return { stack: open.name, counts, changes, violations, hash };
}

/** @throws SwitchyardError `policy-violation` naming the rules and resources a mandatory rule forbids. */
export function refuseViolations({ stack, violations }: Plan): void {
  const blocking = violations.filter((v) => v.level === "mandatory");
  if (blocking.length === 0) return;
  const named = [...new Set(blocking.map((v) => `${v.policy} on ${nameOf(v.urn)}`))];
  const [first] = blocking;
  throw new SwitchyardError("policy-violation", {
    what: `${named.length} mandatory ${named.length === 1 ? "rule is" : "rules are"} broken: ${named.slice(0, 5).join(", ")}${named.length > 5 ? ", …" : ""}`,
    where: `stack ${stack}`,
    fix: fixOf(first?.message ?? ""),
  });
}

/** What this pack says to do; of another pack, what it says first. */
function fixOf(message: string): string {
  return parseMessage(message)?.fix ?? message.split("\n")[0] ?? "";
}

/**
 * Applies the program as planned. Where the plan left a rule undecided, because a value was not known yet, the policy
 * pack judges the update as well and stops it at the resource.
 */
export async function apply(
  open: OpenStack,
  planned: Plan,
  options: UpdateOptions = {},
): Promise<{ outputs: Record<string, unknown>; counts: OpMap }> {
  const diagnostics: string[] = [];
  try {
    const answer = await withoutTraces(() =>
      open.stack.up({
        ...(planned.violations.some(isUndecided) && packOf(open)),
        ...(options.refresh && { refresh: true }),
        onEvent: (event) => {
          options.onEvent?.(event);
          if (event.diagnosticEvent?.severity === "error") diagnostics.push(event.diagnosticEvent.message.trim());
        },
        ...(options.onOutput && { onOutput: options.onOutput }),
      }),
    );
    return { outputs: plainOutputs(answer.outputs), counts: answer.summary.resourceChanges ?? {} };
  } catch (cause) {
    throw updateFailed(open.name, "the update failed", diagnostics, cause);
  }
}

/**
 * Pulumi's SDK takes a stack trace for every promise it makes, in case one leaks: a quarter of an update's time. They are
 * kept for whoever debugs.
 */
async function withoutTraces<T>(work: () => Promise<T>): Promise<T> {
  const { stackTraceLimit } = Error;
  if (process.env["SWITCHYARD_DEBUG"] === undefined) Error.stackTraceLimit = 0;
  try {
    return await work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function packOf(open: OpenStack): { policyPacks: string[]; policyPackConfigs: string[] } {
  return {
    policyPacks: [join(projectRoot, "policies")],
    policyPackConfigs: [join(projectRoot, "policies", "config", `${tierOf(open)}.json`)],
  };
}

function isUndecided({ message }: Violation): boolean {
  return parseMessage(message)?.kind === "undecided";
}

function tierOf(open: OpenStack): string {
  return open.values["tier"] === "development" ? "development" : "production";
}

function violationOf(event: NonNullable<EngineEvent["policyEvent"]>): Violation {
  const severity = (event as { severity?: string }).severity;
  return {
    policy: event.policyName,
    pack: event.policyPackName,
    urn: event.resourceUrn ?? "",
    message: event.message.trim(),
    level: event.enforcementLevel,
    ...(severity && { severity }),
  };
}

export function nameOf(urn: string): string {
  return urn.split("::").at(-1) ?? urn;
}

/** The Automation API's errors are the command's whole output; a user needs the first real error of it. */
export function updateFailed(
  stack: string,
  what: string,
  diagnostics: readonly string[],
  cause: unknown,
): SwitchyardError {
  if (cause instanceof SwitchyardError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  const said =
    diagnostics[0] ??
    /error: (.+)/.exec(text)?.[1] ??
    text.split("\n").find((l) => l.trim() !== "") ??
    "no reason given";
  const busy = /\[409\]|currently locked/.test(text);
  return new SwitchyardError(busy ? "lease-held" : "update-failed", {
    what: busy
      ? "another update of this stack is running"
      : `${what}: ${said.trim().replace(/\s+/g, " ").slice(0, 600)}`,
    where: `stack ${stack}`,
    fix: busy
      ? "wait for it to finish, then run the command again"
      : "correct the cause and run the command again: it continues from what exists",
    cause,
  });
}
