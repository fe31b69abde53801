import { join } from "node:path";
import type { EngineEvent, OpMap } from "@pulumi/pulumi/automation/index.js";
import { parseMessage } from "../../policies/message.ts";
import { SwitchyardError } from "../../programs/errors.ts";
import { projectRoot } from "../surroundings.ts";
import { Changes, hashOfChanges, nameOf, type PlannedChange, told } from "./changes.ts";
import { type OpenStack, plainOutputs } from "./open.ts";
import { parseLocks } from "./recover/lock.ts";
import { saysNothing, Troubles } from "./troubles.ts";

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
  /** Stops it once what is under way has come to its end. */
  readonly signal?: AbortSignal;
}

export interface UpdateOptions extends UpdateEvents {
  /** Reads every resource from the account first: what was changed there is put back, what is gone is made anew. */
  readonly refresh?: boolean;
}

/** A preview with the policy pack. @throws SwitchyardError `update-failed` when the program itself fails. */
export async function plan(open: OpenStack, options: UpdateOptions = {}): Promise<Plan> {
  const gathered = new Changes();
  const violations: Violation[] = [];
  const troubles = new Troubles();
  const collect = (event: EngineEvent) => {
    options.onEvent?.(event);
    gathered.add(event);
    if (event.policyEvent) violations.push(violationOf(event.policyEvent));
    troubles.add(event);
  };
  let counts: OpMap = {};
  open.pack.prepare();
  // The policy pack starts in a process of its own: meanwhile this one loads the program. A failure shows where it runs.
  import("../../programs/stack.ts").catch(() => undefined);
  await open.prices?.();
  try {
    const answer = await withoutTraces(() =>
      open.stack.preview({
        ...packOf(open),
        onEvent: collect,
        ...(options.refresh && { refresh: true }),
        ...(options.signal && { signal: options.signal }),
        ...(options.onOutput && { onOutput: options.onOutput }),
      }),
    );
    counts = answer.changeSummary;
  } catch (cause) {
    if (!violations.some((v) => v.level === "mandatory"))
      throw updateFailed(open.name, "the preview failed", troubles.said, open.refusal() ?? cause);
  }
  const changes = gathered.list();
  return { stack: open.name, counts, changes, violations, hash: hashOfChanges(told(changes)) };
}

/** @throws SwitchyardError `policy-violation` naming the rules and resources a mandatory rule forbids. */
export function refuseViolations({ stack, violations }: Pick<Plan, "stack" | "violations">, when?: string): void {
  const blocking = violations.filter((v) => v.level === "mandatory");
  if (blocking.length === 0) return;
  const named = [...new Set(blocking.map(brokenBy))];
  const [first] = blocking;
  throw new SwitchyardError("policy-violation", {
    what: `${named.length} mandatory ${named.length === 1 ? "rule is" : "rules are"} broken: ${named.slice(0, 5).join(", ")}${named.length > 5 ? ", …" : ""}${when ?? ""}`,
    where: `stack ${stack}`,
    fix: fixOf(first?.message ?? ""),
  });
}

export const inTheMidst = " in the midst of the update; what was made before stays";

/** Whether an update may have written something before it failed. */
export function hasBegun(error: unknown): error is SwitchyardError {
  if (!(error instanceof SwitchyardError)) return false;
  return error.code === "update-failed" || (error.code === "policy-violation" && error.what.endsWith(inTheMidst));
}

/** Of the stack as a whole there is no resource to name: what is wrong with it is said. */
function brokenBy({ policy, urn, message }: Violation): string {
  if (urn !== "") return `${policy} on ${nameOf(urn)}`;
  return `${policy} (${parseMessage(message)?.what ?? message.split("\n")[0]})`;
}

/** What this pack says to do; of another pack, what it says first. */
function fixOf(message: string): string {
  return parseMessage(message)?.fix ?? message.split("\n")[0] ?? "";
}

/**
 * Applies the program. The policy pack judges the update as well: a resource may appear that the preview did
 * not have, and a value be known that was not; a mandatory rule stops the update at the resource.
 */
export async function apply(
  open: OpenStack,
  options: UpdateOptions = {},
): Promise<{ outputs: Record<string, unknown>; counts: OpMap }> {
  const troubles = new Troubles();
  const violations: Violation[] = [];
  open.pack.prepare();
  try {
    const answer = await withoutTraces(() =>
      open.stack.up({
        ...packOf(open),
        ...(options.refresh && { refresh: true }),
        ...(options.signal && { signal: options.signal }),
        onEvent: (event) => {
          options.onEvent?.(event);
          troubles.add(event);
          if (event.policyEvent) violations.push(violationOf(event.policyEvent));
        },
        ...(options.onOutput && { onOutput: options.onOutput }),
      }),
    );
    return { outputs: plainOutputs(answer.outputs), counts: answer.summary.resourceChanges ?? {} };
  } catch (cause) {
    refuseViolations({ stack: open.name, violations }, inTheMidst);
    throw updateFailed(open.name, "the update failed", troubles.said, open.refusal() ?? cause);
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

/** The Automation API's errors are the command's whole output; a user needs the first real error of it. */
export function updateFailed(
  stack: string,
  what: string,
  diagnostics: readonly string[],
  cause: unknown,
): SwitchyardError {
  if (cause instanceof SwitchyardError) return cause;
  const text = cause instanceof Error ? cause.message : String(cause);
  const [inOutput] = [...text.matchAll(/error: (.+)/g)].flatMap(([, line = ""]) => (saysNothing(line) ? [] : line));
  const line = text.split("\n").find((l) => l.trim() !== "" && !saysNothing(l));
  const said = diagnostics[0] ?? inOutput ?? line ?? "no reason given";
  const busy = /\[409\]|currently locked/.test(text);
  const [lock] = parseLocks(text);
  const who = lock ? `: ${lock.user}@${lock.host}, process ${lock.pid}, since ${new Date(lock.at).toISOString()}` : "";
  return new SwitchyardError(busy ? "lease-held" : "update-failed", {
    what: busy ? `another update of this stack is running${who}` : `${what}: ${plainWords(said).slice(0, 600)}`,
    where: `stack ${stack}`,
    fix: busy
      ? `wait for it to finish, then run the command again; if that process is gone, \`pulumi cancel --stack ${stack}\` first`
      : fixOfFailure(said),
    cause,
  });
}

/** Without what the language host and gRPC put before the words of whoever failed. */
function plainWords(said: string): string {
  return said
    .trim()
    .replace(/\s+/g, " ")
    .replace(/^(?:Unhandled exception: )?(?:Error: )?(?:\d+ [A-Z_]+: )/, "");
}

function fixOfFailure(said: string): string {
  if (/AWS account ID not allowed/.test(said))
    return "use credentials of the stack's account, switchyard:account of its configuration, or correct it there";
  return "correct the cause and run the command again: it continues from what exists";
}
