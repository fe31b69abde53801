import assert from "node:assert/strict";
import fc from "fast-check";
import { approvalOf, goodCommits, newlyDestroyed } from "../../../../automation/delivery/merge/decide.ts";
import type { Review } from "../../../../automation/github/pulls.ts";
import type { ToldChange } from "../../../../automation/stacks/changes.ts";

const head = "a".repeat(40);
const earlier = "b".repeat(40);
const pull = { author: "ann", head };
const review = (by: string, state: string, more: Partial<Review> = {}): Review => ({
  ...{ by, state, isBot: false, commit: head },
  ...more,
});
const writers = new Set(["ann", "bob", "cyd", "robot"]);

describe("the approval of a merge", () => {
  const cases: readonly (readonly [name: string, reviews: readonly Review[], approver: string | RegExp])[] = [
    ["of somebody else who may write", [review("bob", "APPROVED")], "bob"],
    ["of nobody", [], /nobody but its author/],
    ["of its author", [review("ann", "APPROVED"), review("Ann", "APPROVED")], /nobody but its author/],
    ["of a stranger", [review("eve", "APPROVED")], /nobody but its author/],
    ["of a bot", [review("robot", "APPROVED", { isBot: true })], /nobody but its author/],
    [
      "of an earlier commit",
      [review("bob", "APPROVED", { commit: earlier })],
      /bob approved bbbbbbbbbbbb, and aaaaaaaaaaaa/,
    ],
    ["taken back", [review("bob", "APPROVED"), review("bob", "DISMISSED")], /nobody but its author/],
    ["with a comment after it", [review("bob", "APPROVED"), review("bob", "COMMENTED")], "bob"],
    ["after changes were requested", [review("bob", "CHANGES_REQUESTED"), review("bob", "APPROVED")], "bob"],
    [
      "while another wants changes",
      [review("bob", "APPROVED"), review("cyd", "CHANGES_REQUESTED")],
      /cyd has requested/,
    ],
    ["while a stranger wants changes", [review("bob", "APPROVED"), review("eve", "CHANGES_REQUESTED")], "bob"],
    ["pending", [review("bob", "PENDING")], /nobody but its author/],
  ];
  for (const [name, reviews, expected] of cases)
    it(name, () => {
      const found = approvalOf(pull, reviews, writers);
      if (typeof expected === "string") assert.deepEqual(found, { approver: expected });
      else assert.match("why" in found ? found.why : "", expected);
    });

  it("is never the author's, a bot's, a stranger's, or one of another commit", () => {
    const any = fc.record({
      by: fc.constantFrom("ann", "Ann", "bob", "cyd", "eve", "robot", ""),
      state: fc.constantFrom("APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED", "PENDING"),
      isBot: fc.boolean(),
      commit: fc.constantFrom(head, earlier),
    });
    fc.assert(
      fc.property(fc.array(any), (reviews) => {
        const found = approvalOf(pull, reviews, writers);
        if (!("approver" in found)) return;
        assert.ok(["bob", "cyd", "robot"].includes(found.approver));
        const last = reviews.findLast(({ by, state }) => by === found.approver && !/COMMENTED|PENDING/.test(state));
        assert.deepEqual([last?.state, last?.commit, last?.isBot], ["APPROVED", head, false]);
      }),
    );
  });
});

describe("what a merge would destroy", () => {
  const change = fc.record({
    urn: fc.constantFrom("a", "b", "c"),
    type: fc.constant("t"),
    op: fc.constantFrom("create", "update", "replace", "delete"),
    properties: fc.constant([] as string[]),
  });

  it("and was not approved, is all that is deleted or replaced but what the approved plan had by the same name", () => {
    fc.assert(
      fc.property(fc.array(change), fc.option(fc.array(change), { nil: undefined }), (planned, approved) => {
        const found = newlyDestroyed(planned, approved);
        const isDestructive = ({ op }: ToldChange) => op === "delete" || op === "replace";
        for (const one of planned) {
          const known = (approved ?? []).some(({ urn, op }) => urn === one.urn && op === one.op);
          assert.equal(found.includes(one), isDestructive(one) && !known);
        }
      }),
    );
  });

  it("is not known by a plan to replace it, where it is deleted", () => {
    const one = (op: string): ToldChange => ({ urn: "a", type: "t", op, properties: [] });
    assert.deepEqual(newlyDestroyed([one("delete")], [one("replace")]), [one("delete")]);
    assert.deepEqual(newlyDestroyed([one("replace")], [one("replace")]), []);
  });
});

describe("what a stack goes back to", () => {
  type Said = readonly [
    kind: "merge" | "apply" | "deploy",
    commit: string | undefined,
    outcome?: "unchanged" | "failed",
  ];
  const cases: readonly (readonly [
    name: string,
    oldestFirst: readonly Said[],
    good: ReturnType<typeof goodCommits>,
  ])[] = [
    ["nothing, where nothing was applied", [], { otherwise: [] }],
    [
      "the last merge",
      [
        ["merge", "a"],
        ["merge", "b", "unchanged"],
        ["merge", "c", "failed"],
      ],
      { merged: "b", otherwise: [] },
    ],
    [
      "the last merge, also where something was applied or released since",
      [
        ["merge", "a"],
        ["apply", "x"],
        ["deploy", "y"],
      ],
      { merged: "a", otherwise: [] },
    ],
    [
      "what was applied by hand or released, where no merge was, each once",
      [
        ["apply", "b"],
        ["deploy", "c"],
        ["apply", "a"],
        ["apply", "b", "unchanged"],
        ["merge", "f", "failed"],
      ],
      { otherwise: ["b", "a", "c"] },
    ],
    [
      "never what failed otherwise",
      [
        ["apply", "a", "failed"],
        ["deploy", "b", "failed"],
      ],
      { otherwise: [] },
    ],
    [
      "never the commit that failed now",
      [
        ["merge", "f"],
        ["apply", "f"],
        ["deploy", "f"],
      ],
      { otherwise: [] },
    ],
    [
      "nothing that has no commit",
      [
        ["merge", undefined],
        ["apply", undefined],
      ],
      { otherwise: [] },
    ],
  ];
  for (const [name, oldestFirst, good] of cases)
    it(name, () => {
      const records = oldestFirst.map(([kind, commit, outcome = "succeeded" as const], index) => ({
        ...{ seq: index + 1, kind, outcome },
        ...(commit === undefined ? {} : { commit }),
      }));
      assert.deepEqual(goodCommits(records, "f"), good);
      assert.deepEqual(goodCommits(records.toReversed(), "f"), good);
    });
});
