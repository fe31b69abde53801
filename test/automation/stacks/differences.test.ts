import assert from "node:assert/strict";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { type Difference, differenceLine, differenceOf } from "../../../automation/stacks/differences.ts";

const sealed = {
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ciphertext: "[secret]",
};
const urn = "urn:pulumi:production::switchyard::aws:s3/bucket:Bucket::files";

interface Told {
  readonly op?: string;
  readonly old?: Record<string, unknown>;
  readonly now?: Record<string, unknown>;
  /** Paths the provider says differ: of the state, or (true) of the inputs. */
  readonly paths?: Readonly<Record<string, boolean>>;
  readonly inputs?: readonly [Record<string, unknown>, Record<string, unknown>];
  readonly external?: boolean;
}

/** What a refresh tells of a bucket; its inputs are its outputs unless they are given. */
function found({ op = "update", old = {}, now = {}, paths, inputs, external }: Told): Difference | undefined {
  const state = (outputs: unknown, given: unknown) => ({ type: "", urn, id: "", inputs: given, outputs, external });
  const metadata = {
    op,
    urn,
    type: "aws:s3/bucket:Bucket",
    old: state(old, inputs?.[0] ?? old),
    new: op === "delete" ? null : state(now, inputs?.[1] ?? now),
    detailedDiff: paths
      ? Object.fromEntries(Object.entries(paths).map(([path, inputDiff]) => [path, { diffKind: "update", inputDiff }]))
      : null,
  };
  return differenceOf({ sequence: 0, timestamp: 0, resOutputsEvent: { metadata } } as unknown as EngineEvent);
}

const properties = (told: Told) => found(told)?.properties;

describe("a difference a refresh tells", () => {
  it("is of what was deleted or changed, not of what stayed, is only read, or told no event", () => {
    assert.deepEqual(found({ op: "delete", old: { a: 1 } }), {
      urn,
      type: "aws:s3/bucket:Bucket",
      op: "delete",
      properties: [],
    });
    assert.equal(found({ op: "same" }), undefined);
    assert.equal(found({ op: "refresh", old: { a: 1 }, now: { a: 2 }, paths: { a: false } }), undefined);
    assert.equal(found({ old: { a: 1 }, now: { a: 2 }, external: true }), undefined);
    assert.equal(differenceOf({ sequence: 0, timestamp: 0 }), undefined);
  });

  it("has the values of the paths that the provider names, and of no other", () => {
    const old = { a: "x", b: 1, deep: { list: [{ k: 1 }], "dotted.key": true } };
    const now = { a: "y", b: 2, deep: { list: [{ k: 2 }], "dotted.key": false } };
    const paths = { a: false, "deep.list[0].k": false, 'deep["dotted.key"]': true };
    assert.deepEqual(properties({ old, now, paths }), [
      { path: "a", recorded: "x", live: "y" },
      { path: "deep.list[0].k", recorded: 1, live: 2 },
      { path: 'deep["dotted.key"]', recorded: true, live: false },
    ]);
  });

  it("goes down to the innermost properties, into JSON documents too", () => {
    const document = (Action: string) => JSON.stringify({ Statement: [{ Effect: "Allow", Action }] });
    assert.deepEqual(
      properties({
        old: { tags: { a: "1", gone: "x", "b.c": 1 }, policy: document("s3:GetObject") },
        now: { tags: { a: "1", by: "hand", "b.c": 2 }, policy: document("s3:*") },
        paths: { tags: false, policy: false },
      }),
      [
        { path: "policy.Statement[0].Action", recorded: "s3:GetObject", live: "s3:*" },
        { path: "tags.by", live: "hand" },
        { path: "tags.gone", recorded: "x" },
        { path: 'tags["b.c"]', recorded: 1, live: 2 },
      ],
    );
  });

  it("names of lists what one side has alone", () => {
    const lists = (old: unknown, now: unknown) => properties({ old: { l: old }, now: { l: now }, paths: { l: false } });
    assert.deepEqual(lists(["a", "b"], ["b", "c", "d"]), [{ path: "l", recorded: ["a"], live: ["c", "d"] }]);
    assert.deepEqual(lists(["a"], ["a", "b"]), [{ path: "l", live: ["b"] }]);
    assert.deepEqual(lists([{ k: 1 }, { k: 2, p: 1 }], [{ k: 2, p: 9 }, { k: 1 }]), [
      { path: "l[1].p", recorded: 1, live: 9 },
    ]);
    assert.deepEqual(lists([{ k: 1, p: 1 }, { k: 2, p: 1 }, "a"], [{ k: 1, p: 2 }, { k: 2, p: 3 }, "a"]), [
      { path: "l[0].p", recorded: 1, live: 2 },
      { path: "l[1].p", recorded: 1, live: 3 },
    ]);
    assert.deepEqual(lists(["a", "b"], ["b", "a"]), [{ path: "l", recorded: ["a", "b"], live: ["b", "a"] }]);
  });

  it("is with what was asked for, where the state had drifted before", () => {
    const told = { old: { a: 2 }, now: { a: 2 }, inputs: [{ a: 1 }, { a: 2 }], paths: { a: false } } as const;
    assert.deepEqual(properties(told), [{ path: "a", recorded: 1, live: 2 }]);
  });

  it("compares what was asked for when the provider names nothing", () => {
    const inputs = [
      { a: 1, same: 1, __defaults: ["x"] },
      { a: 2, same: 1, __defaults: [] },
    ] as const;
    assert.deepEqual(properties({ old: { arn: "1" }, now: { arn: "2" }, inputs }), [
      { path: "a", recorded: 1, live: 2 },
    ]);
  });

  it("says of a secret only that it differs, whichever side knows it for one", () => {
    const secret = [{ path: "a", recorded: "[secret]", live: "[secret]" }];
    const paths = { a: false };
    assert.deepEqual(properties({ old: { a: sealed }, now: { a: sealed }, paths }), secret);
    assert.deepEqual(properties({ old: { a: sealed }, now: { a: "open" }, paths }), secret);
    assert.deepEqual(properties({ old: { a: "open" }, now: { a: sealed }, paths }), secret);
    const inputs = [{ a: sealed }, { a: "open" }] as const;
    assert.deepEqual(properties({ old: { a: "x" }, now: { a: "open" }, inputs, paths }), secret);
    const within = { old: { a: sealed }, now: { a: { b: "open" } }, paths: { "a.b": false } };
    assert.deepEqual(properties(within), [{ path: "a.b", recorded: "[secret]", live: "[secret]" }]);
    const holding = { old: { a: { b: [sealed] } }, now: { a: { b: ["open"] } }, paths };
    assert.deepEqual(properties(holding), secret);
  });
});

describe("a difference's line", () => {
  it("has both values, and says where there is none", () => {
    assert.equal(differenceLine({ path: "a", recorded: "x", live: false }), 'a  "x" → false');
    assert.equal(differenceLine({ path: "a", live: ["x"] }), 'a  (none) → ["x"]');
    assert.equal(differenceLine({ path: "a", recorded: "[secret]", live: "[secret]" }), "a  [secret] → [secret]");
  });

  it("has of long values the part that differs", () => {
    const [head, tail] = ["h".repeat(200), "t".repeat(200)];
    const line = differenceLine({ path: "a", recorded: `${head}old${tail}`, live: `${head}new${tail}` });
    assert.match(line, /^a {2}…h+oldt+… → …h+newt+…$/);
    assert.ok(line.length < 140, line);
  });
});
