import assert from "node:assert/strict";
import type { ObservedService } from "../../../../automation/deploy/decide/model.ts";
import { next } from "../../../../automation/deploy/decide/next.ts";
import type { Progress } from "../../../../automation/deploy/decide/progress.ts";
import type { ReleaseDocument } from "../../../../programs/release.ts";
import {
  brief,
  colour,
  limits,
  now,
  observed,
  onBlue,
  onGreen,
  planned,
  release,
  situation,
  stopped,
  v2,
} from "../fixtures.ts";

const tenth = { blue: 90, green: 10 };
const scaled: ReleaseDocument = {
  ...release,
  services: { web: { ...release.services["web"], scale: { min: 2, max: 3 } } },
};
const begun: Partial<Progress> = { started: true, startedAt: now, counts: { web: { known: 4 } } };
const canary: Partial<Progress> = {
  ...begun,
  ...{ proved: true, proven: ["web"], verified: true },
  shift: { services: ["web"], percent: 10, at: now, provenAt: now },
  weights: { web: { known: tenth, at: now } },
};
const back = { undo: "because", undoAt: now };
const empty = colour(stopped);
const four = { ...v2, desired: 4, running: 4, healthy: 4 };
const sent = { ...canary, ...back, weights: { web: { known: onGreen, at: now } } };
const refilled = { ...sent, refilled: ["web"] };
const starting = colour({ desired: 3, healthy: 1 });

const cases: readonly (readonly [string, Partial<ObservedService>, Partial<Progress>, string | RegExp, number?])[] = [
  [
    "turns back in a canary",
    { weights: tenth, blue: empty, green: four },
    canary,
    "undo; give up: all tasks that serve were stopped by hand: web",
  ],
  [
    "turns back before any traffic moved",
    { blue: empty, green: four },
    begun,
    "undo; give up: all tasks that serve were stopped by hand: web",
  ],
  [
    "sends everybody to the new colour, which answers",
    { weights: tenth, blue: empty, green: four },
    { ...canary, ...back },
    "undo; web production 0/100 alone",
  ],
  [
    "also where a write before it may still come into force",
    { weights: onGreen, blue: empty, green: four },
    { ...canary, ...back, weights: { web: { known: onGreen, intended: onBlue } } },
    "undo; web production 0/100 alone",
  ],
  [
    "sends nobody to a new colour that does not answer",
    { weights: tenth, blue: empty, green: { ...four, healthy: 0 } },
    { ...canary, ...back },
    "undo; web blue web:1 × 3",
  ],
  [
    "sends nobody to a new colour that had no traffic",
    { blue: empty, green: four },
    { ...begun, ...back },
    "undo; web blue web:1 × 3",
  ],
  [
    "starts as many tasks as the new colour has, within the ledger's bounds",
    { weights: onGreen, blue: empty, green: four },
    sent,
    "undo; web blue web:1 × 3",
  ],
  [
    "returns traffic to all of them, not to the first",
    { weights: onGreen, blue: starting, green: four },
    refilled,
    "wait undo: web: the old colour has too few healthy tasks to return traffic to (because)",
  ],
  [
    "then does",
    { weights: onGreen, blue: { ...starting, healthy: 3 }, green: four },
    refilled,
    "undo; web production 100/0 alone; prove-traffic",
  ],
  [
    "asks a person where they do not come",
    { weights: onGreen, blue: starting, green: four },
    refilled,
    /^halt: web: the old colour has too few healthy tasks/,
    now + limits.healthyMs,
  ],
  [
    "waits for them also where no traffic had moved",
    { blue: starting, green: colour(stopped) },
    { ...begun, ...back, refilled: ["web"] },
    "wait undo: web to have all tasks healthy",
  ],
  [
    "leaves an ECS service that was deleted to an update",
    { weights: onGreen, blue: colour({ ...stopped, gone: "ECS service" }), green: four },
    sent,
    /^wait undo: web: the old colour has too few/,
  ],
];

describe("a live colour that a hand empties in the midst of a deploy", () => {
  for (const [what, web, change, expected, at = now] of cases)
    it(what, () => {
      const seen = observed({ preview: onGreen, ...web }, { release: scaled });
      const said = brief(next(situation({ observed: seen, progress: planned(change), now: at })));
      if (typeof expected === "string") assert.equal(said, expected);
      else assert.match(said, expected);
    });
});
