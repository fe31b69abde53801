import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type DriftIssue,
  driftMarker,
  issueActions,
  type StackDrift,
} from "../../../../automation/delivery/drift/issue.ts";
import type { Difference } from "../../../../automation/stacks/differences.ts";

const changed = (name: string, live = "MUTABLE"): Difference => ({
  ...{ urn: `urn:pulumi:production::switchyard::aws:ecr/repository:Repository::${name}`, op: "update" },
  type: "aws:ecr/repository:Repository",
  properties: [{ path: "imageTagMutability", recorded: "IMMUTABLE", live }],
});
const drifted: StackDrift = { stack: "production", differences: [changed("api")], byHand: [] };
const none: StackDrift = { stack: "production", differences: [], byHand: [] };
const act = (drift: StackDrift, open: readonly DriftIssue[] = []) => issueActions(drift, open, "https://run");
const opened = (drift: StackDrift, number = 7): DriftIssue => {
  const [action] = act(drift);
  assert.ok(action?.kind === "open");
  return { number, title: action.title, body: action.body };
};

describe("the issue of a stack's drift", () => {
  it("is opened once, with each property as it is recorded and as it is", () => {
    const { title, body } = opened(drifted);
    assert.equal(title, "Drift in production: 1 difference");
    assert.match(body, /### Changed: `api` \(`aws:ecr\/repository:Repository`\)/);
    assert.match(body, /\| `imageTagMutability` \| `"IMMUTABLE" → "MUTABLE"` \|/);
    assert.deepEqual(act(drifted, [opened(drifted)]), []);
  });

  it("is updated when something else differs, and closed when nothing does", () => {
    const more = { ...drifted, differences: [changed("api"), changed("web")] };
    const [update, ...others] = act(more, [opened(drifted)]);
    assert.equal(update?.kind === "update" && update.number, 7);
    assert.deepEqual(others, []);
    assert.deepEqual(
      act(none, [opened(drifted)]).map(({ kind }) => kind),
      ["close"],
    );
    assert.deepEqual(act(none), []);
  });

  it("is one: the oldest is kept, and another stack's or a stranger's is left alone", () => {
    const other = opened({ ...drifted, stack: "sandbox" }, 1);
    const quoted = { number: 2, title: "x", body: `> ${driftMarker("production")}` };
    const actions = act(drifted, [opened(drifted, 9), opened(drifted, 8), other, quoted]);
    assert.deepEqual(
      actions.map((action) => [action.kind, "number" in action && action.number]),
      [["close", 9]],
    );
    assert.equal(act({ ...drifted, stack: "prod" }, [opened(drifted)])[0]?.kind, "open");
  });

  it("tells what serves otherwise than was released", () => {
    assert.match(opened({ ...none, byHand: ["the weights of api were changed"] }).body, /- the weights of api/);
  });

  it("fits into an issue whatever differs, in whole lines, and says how much does not", () => {
    const many = Array.from({ length: 3_000 }, (_, i) => changed(`r${i}`, "x".repeat(50)));
    const { body } = opened({ ...drifted, differences: many });
    assert.ok(body.length <= 65_536);
    assert.match(body, /\d+ more lines have no room here/);
    for (const line of body.split("\n")) if (line.startsWith("| `")) assert.ok(line.endsWith(" |"), line);
  });

  const text = fc.string({ unit: "binary", maxLength: 200 });
  it("comes to rest after one run, whatever it was, and formats nothing that differs", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(text, text), { maxLength: 5 }), (pairs) => {
        const differences = pairs.map(([name, live]) => changed(name, live));
        const drift = { ...drifted, differences };
        const actions = act(drift);
        const open = actions.flatMap((a) => (a.kind === "open" ? [{ number: 1, title: a.title, body: a.body }] : []));
        assert.deepEqual(act(drift, open), []);
        for (const { body } of open) assert.doesNotMatch(body.replace(/`[^`\n]*`/g, ""), /@\w/);
      }),
    );
  });
});
