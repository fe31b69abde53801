import assert from "node:assert/strict";
import fc from "fast-check";
import {
  begin,
  creationMs,
  extend,
  type Found,
  judgeSweep,
  type Life,
  silence,
  silenceMs,
  staysAfter,
} from "../../../automation/previews/decide.ts";
import type { PreviewRecord } from "../../../automation/previews/record.ts";
import { isError } from "../../support/errors.ts";

const hour = 3_600_000;
const now = Date.parse("2026-11-28T12:00:00.000Z");
const at = (hours: number) => new Date(now + hours * hour).toISOString();
const life: Life = { hours: 24, maxHours: 72, warnHours: 2, extendOnUpdate: false, most: 3 };
const ready: PreviewRecord = {
  ...{ state: "ready", revision: 4, version: "v1", by: "ann", createdAt: at(-10), expiresAt: at(14) },
  url: "http://pr.example.com",
};
const wanted = { version: "v2", by: "ben" };

describe("what becomes of a preview environment", () => {
  it("stays after it was due where it was given more time since, and is no more where it ends", () => {
    const due = Date.parse(ready.expiresAt);
    assert.equal(staysAfter(due, ready), undefined);
    assert.equal(staysAfter(due - 1, ready), ready.expiresAt);
    assert.equal(staysAfter(due - 1, { ...ready, state: "creating" }), ready.expiresAt);
    for (const state of ["destroying", "gone"] as const)
      assert.equal(staysAfter(due - 1, { ...ready, state }), undefined);
    assert.equal(staysAfter(due, undefined), undefined);
  });

  describe("begins", () => {
    const begun = (before: PreviewRecord | undefined, more = {}, over: Partial<Life> = {}, standing = 0) =>
      begin("pr-7", before, { ...wanted, ...more }, { life: { ...life, ...over }, now, standing });

    it("with the configured time, and with the one that is asked for", () => {
      assert.equal(begun(undefined).expiresAt, at(24));
      assert.equal(begun(undefined, { forMs: 72 * hour }).expiresAt, at(72));
      assert.equal(begun({ ...ready, state: "gone" }).state, "creating");
      assert.equal(begun({ ...ready, state: "gone" }).url, undefined);
    });

    it("anew after a kill with the time it was given first", () => {
      const before: PreviewRecord = { ...ready, state: "creating", expiresAt: at(3) };
      assert.deepEqual(begun(before), { ...before, ...wanted });
    });

    it("an update that gives no more time, unless that is configured or asked for", () => {
      const warned = { ...ready, warnedAt: at(-1) };
      assert.deepEqual(begun(warned), { ...warned, ...wanted });
      assert.equal(begun(warned, {}, { extendOnUpdate: true }).expiresAt, at(24));
      assert.equal(begun(warned, {}, { extendOnUpdate: true }).warnedAt, undefined);
      assert.equal(begun(warned, { forMs: 30 * hour }).expiresAt, at(30));
      assert.equal(begun({ ...ready, expiresAt: at(40) }, {}, { extendOnUpdate: true }).expiresAt, at(40));
    });

    it("not while it is destroyed, not one too many, not for too long", () => {
      assert.throws(() => begun({ ...ready, state: "destroying" }), isError("in-flight", /preview destroy 7/));
      assert.throws(() => begun(undefined, {}, {}, 3), isError("preflight-failed", /at most 3/));
      assert.equal(begun(undefined, {}, {}, 2).state, "creating");
      assert.equal(begun(ready, {}, {}, 3).state, "ready");
      for (const forMs of [0, 72 * hour + 1])
        assert.throws(() => begun(undefined, { forMs }), isError("invalid-flag", /--for/));
    });
  });

  describe("is extended", () => {
    it("from now, never to less than it has, and warned of anew", () => {
      assert.equal(extend("pr-7", { ...ready, warnedAt: at(-1) }, 48 * hour, { life, now }).expiresAt, at(48));
      assert.equal(extend("pr-7", { ...ready, warnedAt: at(-1) }, 48 * hour, { life, now }).warnedAt, undefined);
      assert.equal(extend("pr-7", ready, hour, { life, now }).expiresAt, at(14));
    });

    it("not beyond the most there is, nor where there is none", () => {
      assert.throws(() => extend("pr-7", ready, 73 * hour, { life, now }), isError("invalid-flag", /72h/));
      for (const before of [undefined, { ...ready, state: "gone" }, { ...ready, state: "destroying" }] as const)
        assert.throws(() => extend("pr-7", before, hour, { life, now }), isError("not-found"));
    });
  });

  describe("is swept", () => {
    const one: Found = { stack: "pr-7", hasState: true, record: ready, tagged: ["arn:1"] };
    const creating = { ...ready, state: "creating" } as const;
    const cases: readonly [string, Partial<Found>, string][] = [
      ["within its time", {}, "leave"],
      ["its time over", { record: { ...ready, expiresAt: at(0) } }, "destroy"],
      ["a state nobody asked for", { record: undefined }, "destroy"],
      ["a state of one that is gone", { record: { ...ready, state: "gone" } }, "destroy"],
      ["half destroyed", { record: { ...ready, state: "destroying" } }, "destroy"],
      [
        "half destroyed, its state gone",
        { record: { ...ready, state: "destroying" }, hasState: false, tagged: [] },
        "destroy",
      ],
      ["being made", { record: { ...creating, createdAt: at(-1.9) } }, "leave"],
      ["being made, its state not seen yet", { record: { ...creating, createdAt: at(-1) }, hasState: false }, "leave"],
      ["killed while it was made", { record: { ...creating, createdAt: at(-2) } }, "destroy"],
      ["near its end", { record: { ...ready, expiresAt: at(2) } }, "warn"],
      ["near its end, and warned of", { record: { ...ready, expiresAt: at(2), warnedAt: at(-1) } }, "leave"],
      ["tagged without a state", { record: undefined, hasState: false }, "stray"],
      ["tagged without a state, ended long ago", { record: { ...ready, state: "gone" }, hasState: false }, "stray"],
      ["a record that cannot be read", { record: "unreadable" }, "leave"],
    ];
    for (const [what, over, kind] of cases)
      it(`${what}: ${kind}`, () => {
        assert.equal(judgeSweep([{ ...one, ...over }], life, now)[0]?.kind, kind);
      });

    const record = fc.record({
      state: fc.constantFrom("creating", "ready", "destroying", "gone" as const),
      revision: fc.constant(1),
      version: fc.constant("v1"),
      by: fc.constant("ann"),
      createdAt: fc.integer({ min: -100, max: 0 }).map(at),
      expiresAt: fc.integer({ min: -100, max: 100 }).map(at),
    }) as fc.Arbitrary<PreviewRecord>;
    const found: fc.Arbitrary<Found> = fc.record({
      stack: fc.integer({ min: 1, max: 99 }).map((n) => `pr-${n}`),
      hasState: fc.boolean(),
      record: fc.option(record, { nil: undefined }),
      tagged: fc.array(fc.constant("arn:1"), { maxLength: 2 }),
    });

    it("never ends one that is asked for and within its time, and always one whose time is over", () => {
      fc.assert(
        fc.property(fc.array(found), (all) => {
          for (const [i, { kind }] of judgeSweep(all, life, now).entries()) {
            const { hasState, record: has } = all[i] as Found & { record: PreviewRecord | undefined };
            const isOver = has !== undefined && Date.parse(has.expiresAt) <= now;
            if (hasState && isOver) assert.equal(kind, "destroy");
            const isKilled = has?.state === "creating" && Date.parse(has.createdAt) + creationMs <= now;
            const isWanted = has?.state === "ready" || (has?.state === "creating" && !isKilled);
            if (hasState && isWanted && !isOver) assert.notEqual(kind, "destroy");
          }
        }),
      );
    });

    it("judges each as it would alone", () => {
      fc.assert(
        fc.property(fc.array(found), (all) => {
          const alone = all.map((each) => judgeSweep([each], life, now)[0]);
          assert.deepEqual(judgeSweep(all, life, now), alone);
        }),
      );
    });
  });

  it("is watched over: a sweep that is silent for too long is told", () => {
    assert.match(silence(undefined, now) ?? "", /no sweep/);
    assert.equal(silence(new Date(now - silenceMs).toISOString(), now), undefined);
    assert.match(silence(new Date(now - silenceMs - 1).toISOString(), now) ?? "", /the last sweep/);
  });
});
