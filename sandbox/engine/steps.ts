import type { Deployment } from "./deployment.ts";
import type { EventBody } from "./events.ts";
import { shuttingDown } from "./grpc.ts";
import type { Diff } from "./operator.ts";
import { hidden, sealValue } from "./secrets.ts";
import type { PendingOperation, Resource } from "./state.ts";
import { isDefaultProvider } from "./urn.ts";

export interface Step {
  readonly op: string;
  readonly urn: string;
  readonly old?: Resource;
  readonly now?: Resource;
  readonly diff?: Diff;
  /** A step that only tells of a change others make (`replace`), or that others tell of (`create-replacement`). */
  readonly uncounted?: boolean;
  /** A replacement's creation and deletion are part of one change, which `replace` counts. */
  readonly logical?: boolean;
}

/**
 * Announces a step, does it unless it is a preview that only tells, and tells how it ended: as `turnedOut` says, where
 * only doing it shows what it is.
 */
export async function perform<Result>(
  deployment: Deployment,
  step: Step,
  pending: PendingOperation["type"] | undefined,
  apply: () => Promise<Result>,
  after: (result: Result) => Resource | undefined,
  turnedOut: (result: Result) => Pick<Partial<Step>, "op" | "diff"> = () => ({}),
): Promise<Result> {
  return deployment.limit.run(async () => {
    if (deployment.stopping) throw shuttingDown();
    const planning = deployment.preview;
    emit(deployment, { resourcePreEvent: { metadata: metadata(step, step.now), planning } });
    const subject = step.old ?? step.now;
    const end = pending && !planning && subject ? deployment.snapshot.begin(pending, subject) : () => {};
    let result: Result;
    try {
      result = await apply();
    } catch (error) {
      end();
      if (!planning) deployment.snapshot.save();
      deployment.report(error, step.urn);
      emit(deployment, { resOpFailedEvent: { metadata: metadata(step, step.now), status: 0, steps: 0 } });
      deployment.stop();
      throw shuttingDown();
    }
    end();
    const now = after(result);
    if (!step.uncounted && !isDefaultProvider(step.urn)) deployment.count(step.op);
    // A component's outputs are told when it registers them.
    if (step.now?.custom !== false || step.op.startsWith("delete")) {
      const ended = { ...step, ...turnedOut(result) };
      emit(deployment, { resOutputsEvent: { metadata: metadata(ended, now), planning } });
    }
    return result;
  });
}

/** Announces a step that is not even tried. */
export function refuseStep(deployment: Deployment, step: Step, error: Error): void {
  const planning = deployment.preview;
  emit(deployment, { resourcePreEvent: { metadata: metadata(step, step.now), planning } });
  deployment.report(error, step.urn);
  emit(deployment, { resOpFailedEvent: { metadata: metadata(step, step.now), status: 0, steps: 0 } });
}

export function announceOutputs(deployment: Deployment, op: string, old: Resource | undefined, now: Resource): void {
  const planning = deployment.preview;
  emit(deployment, {
    resOutputsEvent: { metadata: metadata({ op, urn: now.urn, ...(old && { old }) }, now), planning },
  });
}

function emit(deployment: Deployment, event: unknown): void {
  deployment.events.emit(event as EventBody);
}

function metadata(step: Step, now: Resource | undefined) {
  const { op, urn, old, diff, logical = true } = step;
  const subject = now ?? old;
  return {
    op,
    urn,
    type: subject?.type ?? "",
    old: old ? stateMetadata(old) : null,
    new: now ? stateMetadata(now) : null,
    ...(diff && diff.replaceKeys.length > 0 && { keys: diff.replaceKeys }),
    ...(diff && diff.changedKeys.length > 0 && { diffs: diff.changedKeys }),
    detailedDiff: diff?.detailed ?? null,
    ...(logical && { logical }),
    provider: subject?.provider ?? "",
  };
}

function stateMetadata(resource: Resource) {
  const { type, urn, custom, id = "", parent = "", protect, external, retainOnDelete, provider = "" } = resource;
  return {
    type,
    urn,
    ...(custom && { custom }),
    ...(resource.delete && { delete: true }),
    id,
    parent,
    ...(protect && { protect }),
    ...(external && { external }),
    ...(retainOnDelete && { retainOnDelete }),
    inputs: sealValue(resource.inputs ?? {}, hidden),
    outputs: sealValue(resource.outputs ?? {}, hidden),
    provider,
    ...(resource.initErrors && { initErrors: resource.initErrors }),
  };
}
