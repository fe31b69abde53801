import type { EngineEvent, Stack } from "@pulumi/pulumi/automation/index.js";
import { isDefaultProvider } from "../../../sandbox/engine/urn.ts";
import { type Lab, operations } from "./lab.ts";
import type { Act, Scenario } from "./scenarios.ts";

/** What an act did, without what differs from run to run. */
export interface Played {
  readonly act: string;
  readonly failed: boolean;
  readonly operations: readonly string[];
  /** What each refresh found, where it found anything, in the order of the resources' names. */
  readonly found?: readonly unknown[];
  readonly changes: Record<string, number> | undefined;
  readonly calls: readonly string[];
  readonly outputs: unknown;
  readonly resources: readonly unknown[];
  /** Not compared: what went wrong, for whoever reads a failure. */
  readonly error?: string;
}

/** What must be the same on both engines, as JSON has it. */
export function comparable({ error, ...rest }: Played): Played {
  return JSON.parse(JSON.stringify(rest)) as Played;
}

export async function play(lab: Lab, { acts }: Scenario): Promise<Played[]> {
  const played: Played[] = [];
  const stack = await lab.stack(async () => {});
  for (const act of acts) played.push(await playAct(lab, stack, act));
  return played;
}

async function playAct(lab: Lab, stack: Stack, act: Act): Promise<Played> {
  act.before?.(lab.cloud);
  const events: EngineEvent[] = [];
  const calls = lab.cloud.now.calls.length;
  const error = await run(stack, act, events).then(
    () => undefined,
    (error: Error) => error.message,
  );
  const { deployment } = await stack.exportStack();
  const summary = events.find(({ summaryEvent }) => summaryEvent)?.summaryEvent;
  return {
    act: act.do,
    failed: error !== undefined,
    operations: inOrder(operations(events)),
    ...(refreshes(act) && { found: found(events) }),
    changes: withoutZeros(summary?.resourceChanges),
    calls: lab.cloud.now.calls.slice(calls),
    outputs: await stack.outputs(),
    resources: normalised(deployment.resources ?? []),
    ...(error !== undefined && { error }),
  };
}

/** Refreshes run side by side: those in a row in the order of their names. */
function inOrder(all: readonly string[]): string[] {
  const isRefresh = (operation: string | undefined) => operation?.startsWith("refresh ") === true;
  const runs: string[][] = [];
  for (const operation of all) {
    if (isRefresh(operation) && isRefresh(runs.at(-1)?.[0])) runs.at(-1)?.push(operation);
    else runs.push([operation]);
  }
  return runs.flatMap((run) => (isRefresh(run[0]) ? run.sort() : run));
}

function refreshes({ do: does, refresh }: Act): boolean {
  return does === "refresh" || does === "previewRefresh" || refresh === true;
}

/** How refreshes ended that found a difference: the first outputs of a resource are the refresh's. */
function found(events: readonly EngineEvent[]): unknown[] {
  const ends = new Map<string, unknown>();
  const asked = new Set<string>();
  for (const { resourcePreEvent, resOutputsEvent } of events) {
    if (resourcePreEvent?.metadata.op === "refresh") asked.add(resourcePreEvent.metadata.urn);
    const { urn = "", op, diffs, detailedDiff, new: now } = resOutputsEvent?.metadata ?? {};
    if (!asked.delete(urn) || isDefaultProvider(urn)) continue;
    const differs = Object.keys(detailedDiff ?? {}).length > 0;
    if (op === "same" || (op === "refresh" && now && !differs)) continue;
    const difference = { ...(diffs && { diffs: [...diffs].sort() }), ...(differs && { detailedDiff }) };
    ends.set(urn, { name: urn.split("::").at(-1), op, ...difference, ...(!now && { gone: true }) });
  }
  return [...ends].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, end]) => end);
}

async function run(stack: Stack, act: Act, events: EngineEvent[]): Promise<unknown> {
  const onEvent = (event: EngineEvent) => events.push(event);
  const { program, target, targetDependents, refresh } = act;
  const options = {
    onEvent,
    ...(program && { program }),
    ...(target && { target }),
    ...(targetDependents && { targetDependents }),
    ...(refresh && { refresh }),
  };
  return stack[act.do](options);
}

function withoutZeros(changes: Record<string, number | undefined> | undefined): Record<string, number> | undefined {
  if (!changes) return undefined;
  return Object.fromEntries(Object.entries(changes).filter(([, count]) => count)) as Record<string, number>;
}

/** Resources without times, source positions and random ids, in an order that does not depend on luck. */
function normalised(resources: readonly Record<string, unknown>[]): unknown[] {
  const uuids = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
  return resources
    .map((resource) => {
      const { created, modified, sourcePosition, stackTrace, dependencies, ...rest } = resource;
      const ordered = { ...rest, ...(Array.isArray(dependencies) && { dependencies: [...dependencies].sort() }) };
      return JSON.parse(JSON.stringify(ordered).replace(uuids, "<uuid>")) as Record<string, unknown>;
    })
    .sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function key({ urn, id, delete: deleted }: Record<string, unknown>): string {
  return `${urn} ${id} ${deleted}`;
}
