import type { RunEvent } from "../../../automation/deploy/conduct/loop.ts";
import type { Phase, Step, Wait } from "../../../automation/deploy/decide/decision.ts";
import type { Observed, ObservedColour } from "../../../automation/deploy/decide/model.ts";
import { nothingYet, type Progress } from "../../../automation/deploy/decide/progress.ts";
import type { ServiceRelease } from "../../../programs/release.ts";

/** 2026-01-01T00:00:00Z. */
export const start = Date.UTC(2026, 0, 1);

const v1 = {
  digest: "r@sha256:1",
  version: "v1",
  taskDefinitionArn: "td:1",
  release: "f1",
  deployedAt: "",
  migrations: [],
};
const target = { digest: "r@sha256:2", version: "v2", taskDefinitionArn: "td:2", release: "f2" };

export function colour(more: Partial<ObservedColour> = {}): ObservedColour {
  return { desired: 0, running: 0, healthy: 0, registered: 0, rollout: "NONE", failedTasks: 0, reasons: [], ...more };
}

/** `web` with v1 on blue, and a share of the traffic on green. */
export function observed(
  share: number,
  green: Partial<ObservedColour>,
  release: ServiceRelease = { live: "blue", blue: v1 },
): Observed {
  return {
    release: { format: 1, revision: 1, services: { web: release } },
    services: {
      web: {
        weights: { blue: 100 - share, green: share },
        preview: { blue: 0, green: 100 },
        blue: colour({ desired: 2, running: 2, taskDefinitionArn: "td:1" }),
        green: colour(green),
      },
    },
  };
}

export const planned: Progress = {
  ...nothingYet,
  plan: { web: { from: "blue", to: "green", target, beforeDesired: 0 } },
};

export function stepEvent(
  phase: Phase,
  why: string,
  seen: Observed,
  more: Partial<Step> = {},
): RunEvent & { kind: "step" } {
  const step: Step = { kind: "step", phase, why, writes: [], ...more };
  return { kind: "step", step, observed: seen, progress: planned };
}

export function resultEvent({ step }: { step: Step }, problem?: string): RunEvent {
  return { kind: "result", step, ms: 0, result: problem === undefined ? { ok: true } : { ok: false, problem } };
}

export function waitEvent(phase: Phase, why: string, until: number, seen: Observed): RunEvent {
  const wait: Wait = { kind: "wait", phase, why, until };
  return { kind: "wait", wait, observed: seen, progress: planned };
}
