/** Views, and sources that answer with them, for tests of the page and its server. */

import { systemClock } from "../../../automation/clock.ts";
import { Feed } from "../../../automation/console/feed.ts";
import { type Served, type Sources, serve } from "../../../automation/console/server.ts";
import { checkView } from "../../../automation/console/views/check.ts";
import type { ColourView, EnvironmentView } from "../../../automation/console/views/environment.ts";
import type { Flight } from "../../../automation/console/views/flight.ts";

const at = Date.UTC(2026, 0, 5, 9);

export function flight(change: Partial<Flight> = {}): Flight {
  return {
    ...{ operation: "00000002-deploy-v2", kind: "deploy", version: "v2", actor: "ann", at, atWork: true },
    approvable: false,
    stages: [
      { phase: "stage", state: "done" },
      { phase: "shift", state: "now" },
      { phase: "finish", state: "ahead" },
    ],
    steps: [
      { at, phase: "stage", why: "register what v2 will run", state: "done", ms: 900 },
      {
        at,
        phase: "shift",
        why: "web 10%",
        state: "failed",
        problem: "no answer",
        details: ["stopped: out of memory"],
      },
    ],
    waits: { why: "web at 10%", until: at + 60_000 },
    ...change,
  };
}

/** @param green The share of the green colour, in percent. */
export function environment(change: Partial<EnvironmentView> = {}, green = 0): EnvironmentView {
  const side = (colour: "blue" | "green"): ColourView => ({
    ...{ colour, healthy: 2, desired: 2, reasons: [] },
    weight: colour === "green" ? green : 100 - green,
    ...(colour === "green"
      ? { role: "warm", version: "v2", warmUntil: "2026-01-05T10:00:00Z" }
      : { role: "live", version: "v1" }),
  });
  return {
    ...{ stack: "production", at, state: "serving", troubles: [], url: "https://example.com" },
    services: [{ name: "web", path: "/", closed: false, colours: [side("blue"), side("green")] }],
    last: { kind: "deploy", version: "v1", outcome: "succeeded", at, actor: "ann" },
    ...change,
  };
}

const row = {
  operation: "1",
  kind: "deploy",
  version: "v1",
  outcome: "failed",
  actor: "ann",
  at,
  ms: 61_000,
  why: "alarm",
};
const series = { requests: [1, 4, null], errors: [0, 1, null], p50: [2, 3, null], p99: [9, 30, null] };

/** What the server is asked for beside the feed, answered with one of each. */
export const answers: Omit<Sources, "feed" | "act"> = {
  place: "a test",
  releases: async (_stack, limit) =>
    Array.from({ length: Math.min(limit, 3) }, (_, i) => ({ ...row, operation: `${i}` })),
  release: async () => ({
    row,
    strategy: "canary 10 %",
    lines: [...flight().steps.map((step) => ({ ...step, reproduced: false }))],
  }),
  figures: async () => ({ times: [0, 1, 2], periodMs: 60_000, services: { web: { blue: series, green: series } } }),
  audit: async () => ({
    records: [
      { at: "2026-01-05T09:00:00Z", kind: "deploy", actor: "ann", from: "host", outcome: "failed", why: "alarm" },
    ],
    total: 1,
    findings: [{ seq: 1, problem: "its hash is another" }],
  }),
  previews: async () => ({
    previews: [
      {
        stack: "pr-1",
        hasState: true,
        tagged: [],
        record: { state: "ready", version: "v1", by: "ann", expiresAt: "2026-01-05T10:00:00Z" },
      },
    ],
    silent: "no sweep has ever come to its end",
  }),
  executions: async () => [
    {
      ...{ execution: "plan-pr-1", machine: "plan", status: "TIMED_OUT" },
      ...{ started: "2026-01-05T09:00:00Z", ended: "2026-01-05T09:30:00Z" },
    },
  ],
  check: async () =>
    checkView(
      {
        differences: [{ urn: "urn::a::logs", type: "aws:s3/bucket:Bucket", op: "update", properties: [] }],
        byHand: [{ kind: "halt", why: "weights changed by hand", fix: "`switchyard repair production`" }],
      },
      {
        violations: [
          { policy: "tags", pack: "switchyard", urn: "urn::a::logs", message: "it has none", level: "advisory" },
        ],
      },
    ),
  reason: (error) => (error as Error).message,
};

/** A feed of environments that a test changes as it goes. */
export function feedOf(views: ReadonlyMap<string, EnvironmentView>): Feed {
  return new Feed({
    stacks: async () => [...views.keys()],
    look: async (stack) => views.get(stack) ?? environment({ stack }),
    reason: (error) => (error as Error).message,
    ...{ clock: systemClock, everyMs: 20, stacksEveryMs: 20 },
  });
}

/** A console over them. */
export async function served(
  views: ReadonlyMap<string, EnvironmentView>,
  more: Partial<Sources> = {},
): Promise<Served & { feed: Feed }> {
  const feed = feedOf(views);
  return { ...(await serve({ ...answers, feed, ...more }, 0)), feed };
}
