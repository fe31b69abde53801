import assert from "node:assert/strict";
import { atWork } from "../../../automation/commands/drift.ts";
import type { LeaseState } from "../../../automation/ledger/lease.ts";

describe("what differs while another is at work", () => {
  const lease = (token: number, released: boolean): LeaseState => ({
    ...{ token, holder: "ada@here#1.a", purpose: "deploy v2", acquiredAt: "2026-11-30T12:00:00.000Z" },
    ...{ beat: 1, durationMs: 30_000, released },
  });
  for (const [what, before, after, dead, refused] of [
    ["nobody ever was", undefined, undefined, false, false],
    ["nobody was meanwhile", lease(1, true), lease(1, true), false, false],
    ["somebody is", lease(1, true), lease(2, false), false, true],
    ["somebody was all the while", lease(2, false), lease(2, false), false, true],
    ["somebody was, and has ended", lease(1, true), lease(2, true), false, true],
    ["the first one was, and has ended", undefined, lease(1, true), false, true],
    ["somebody has ended who was before", lease(2, false), lease(2, true), false, true],
    ["somebody was killed before", lease(2, false), lease(2, false), true, false],
    ["somebody has begun and was killed meanwhile", lease(1, true), lease(2, false), true, true],
  ] as const)
    it(`is ${refused ? "not called drift" : "drift"} where ${what}`, () => {
      const refusal = atWork("production", before, after, () => dead);
      assert.equal(refusal?.code, refused ? "lease-held" : undefined);
      if (refused) assert.match(refusal?.message ?? "", /production: ada@here#1.a (is|was) at work/);
    });
});
