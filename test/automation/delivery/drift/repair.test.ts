import assert from "node:assert/strict";
import { affected } from "../../../../automation/delivery/affected.ts";
import type { StackDrift } from "../../../../automation/delivery/drift/issue.ts";
import { repairAction, repairedBy, repairFile } from "../../../../automation/delivery/drift/repair.ts";

const drifted: StackDrift = {
  stack: "production",
  differences: [
    {
      ...{ urn: "urn:pulumi:production::switchyard::aws:ecr/repository:Repository::api", op: "update" },
      type: "aws:ecr/repository:Repository",
      properties: [{ path: "imageTagMutability", recorded: "IMMUTABLE", live: "MUTABLE" }],
    },
  ],
  byHand: ["the weights of web are not as released"],
};
const run = "https://run";
const act = (drift: StackDrift, open?: { number: number; title: string; body: string }) =>
  repairAction(drift, open, run);

describe("the pull request that puts drift back", () => {
  it("is opened with what differs, and not with what an update does not put back", () => {
    const opened = act(drifted);
    assert.ok(opened.kind === "open");
    assert.equal(opened.title, "Put back: Drift in production: 1 difference");
    assert.match(opened.body, /Merged, `switchyard ci merge` reads every resource of `production`/);
    assert.match(opened.body, /\| `imageTagMutability` \| `"IMMUTABLE" → "MUTABLE"` \|/);
    assert.doesNotMatch(opened.body, /weights/);
  });

  it("is left where it says so, changed where it says something else, and closed when nothing differs", () => {
    const opened = act(drifted);
    assert.ok(opened.kind === "open");
    const there = { number: 7, title: opened.title, body: `${opened.body}\n` };
    assert.deepEqual(act(drifted, there), { kind: "none" });
    assert.deepEqual(act(drifted, { ...there, body: "other" }), { ...opened, kind: "update", number: 7 });
    assert.deepEqual(act({ ...drifted, differences: [] }, there), {
      ...{ kind: "close", number: 7, why: "`production` is as the program says again (https://run)." },
    });
    assert.deepEqual(act({ ...drifted, differences: [] }), { kind: "none" });
  });

  it("writes a file that touches its stack and no other", () => {
    assert.equal(repairedBy(repairFile("production")), "production");
    for (const path of ["drift/production.md.md", "drift/a/b.md", "docs/drift.md", "drift/Production.md", "drift/.md"])
      assert.equal(repairedBy(path), undefined, path);
    const checkout = { stacks: { production: "environment", pipeline: "pipeline" }, images: [] } as const;
    assert.deepEqual(affected([repairFile("production")], checkout), {
      ...{ stacks: ["production"], images: [], removed: [], unknown: [] },
    });
  });
});
