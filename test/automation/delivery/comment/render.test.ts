import assert from "node:assert/strict";
import { planComment } from "../../../../automation/delivery/comment/parts.ts";
import { heading } from "../../../../automation/delivery/comment/render.ts";
import { blockers, type StackReport } from "../../../../automation/delivery/comment/stack-report.ts";
import { type PlannedChange, unknownValue } from "../../../../automation/stacks/changes.ts";

const head = "0123456789abcdef0123456789abcdef01234567";
const urn = (name: string, type = "aws:sqs/queue:Queue") => `urn:pulumi:production::switchyard::${type}::${name}`;
const change = (op: string, name: string, more: Partial<PlannedChange> = {}): PlannedChange => ({
  ...{ urn: urn(name), type: "aws:sqs/queue:Queue", op, properties: [], within: [] },
  ...more,
});
const report = (changes: readonly PlannedChange[], more: Partial<StackReport> = {}): StackReport => ({
  stack: "production",
  planned: { stack: "production", counts: {}, changes, violations: [], hash: "0".repeat(64) },
  judged: { findings: [], routes: [] },
  migrations: [],
  ...more,
});
const comment = (...stacks: readonly StackReport[]) => planComment({ head, stacks, removed: [] }, "the artifact");
const one = (...stacks: readonly StackReport[]) => {
  const { parts } = comment(...stacks);
  assert.equal(parts.length, 1);
  return parts[0] as string;
};

describe("the plan on a pull request", () => {
  it("says counts first, then the verdict", () => {
    const lines = heading({
      head,
      stacks: [report([change("create", "a"), change("delete", "b")]), report([change("update", "c")])],
      removed: ["old"],
      cost: "+12 USD",
    });
    assert.equal(lines[0], "## Plan: 1 created, 1 updated, 1 deleted in 2 stacks");
    assert.match(lines[2] ?? "", /Nothing blocks/);
    assert.match(lines.join("\n"), /\*\*Cost a month:\*\* \+12 USD/);
    assert.match(lines.join("\n"), /stays until it is destroyed: `old`/);
  });

  it("says that nothing is touched", () => {
    assert.match(one(), /^<!-- switchyard:plan -->\n## Plan: no changes\n[\s\S]*No stack is touched/);
  });

  it("has what is replaced or deleted on top and marked, and folds the rest away", () => {
    const text = one(report([change("create", "new"), change("replace", "queue"), change("delete", "gone")]));
    assert.match(
      text,
      /🔴 \*\*replaced\*\* `queue`[\s\S]*🔴 \*\*deleted\*\* `gone`[\s\S]*<details>[\s\S]*created `new`/,
    );
    assert.match(text, /\| `production` \| 1 \| 0 \| \*\*1\*\* \| \*\*1\*\* \| ✅ \|/);
  });

  it("shows what each property was and will be", () => {
    const changed = change("update", "queue", {
      properties: ["delaySeconds", "name", "password", "arn"],
      before: { delaySeconds: 1, name: "a", password: "[secret]", arn: "x" },
      after: { delaySeconds: 2, name: "b", password: "[secret]", arn: unknownValue },
    });
    const text = one(report([changed]));
    for (const line of [
      "- `delaySeconds  1 → 2`",
      '- `name  "a" → "b"`',
      "- `password  [secret] → [secret]`",
      '- `arn  "x" → (known later)`',
    ])
      assert.ok(text.includes(line), `${line} in\n${text}`);
  });

  it("lets nothing of a name or a value format the comment, mention anybody or pass for another comment", () => {
    const name = "x`\n<!-- switchyard:preview -->\n@everybody</details> **bold** [a](https://example.com)";
    const hostile = change("update", name, { properties: ["p"], before: { p: name }, after: { p: "@all`<script>" } });
    const failed = report([], { failure: `boom @everybody <img src=x>\n${name}` });
    const { planned: _planned, ...unplanned } = failed;
    const text = one(report([hostile]), unplanned);
    const outside = text.replace(/`[^`\n]*`/g, "");
    assert.doesNotMatch(outside, /@everybody|(?<!\\)<(img|script|!-- switchyard:preview)|(?<!\\)\[a/);
    assert.equal(outside.match(/(?<!\\)<details>/g)?.length, outside.match(/(?<!\\)<\/details>/g)?.length);
  });

  it("blocks where there is no plan, a mandatory rule is broken, what serves is disrupted or a migration is refused", () => {
    const violation = { policy: "p", pack: "switchyard", urn: urn("a"), message: "no", level: "mandatory" };
    const finding = {
      urn: urn("a"),
      type: "t",
      op: "replace",
      effect: "disruptive",
      why: "restarts",
      within: [],
    } as const;
    const broken = report([]);
    const migration = { file: "0001_a.expand.sql", rule: "r", what: "w", fix: "f" };
    const cases: readonly (readonly [StackReport, readonly string[]])[] = [
      [report([]), []],
      [report([change("replace", "a")]), []],
      [{ ...broken, failure: "boom" }, ["there is no plan"]],
      [
        { ...broken, planned: { ...(broken.planned as NonNullable<StackReport["planned"]>), violations: [violation] } },
        ["1 mandatory rule is broken"],
      ],
      [{ ...broken, judged: { findings: [finding], routes: [] } }, ["1 change would disrupt what serves"]],
      [{ ...broken, judged: { findings: [{ ...finding, effect: "at release" }], routes: [] } }, []],
      [{ ...broken, migrations: [migration, migration] }, ["2 migrations are refused"]],
    ];
    for (const [one_, why] of cases) assert.deepEqual(blockers(one_), why);
  });

  it("is a chain of comments when it is long, none over GitHub's limit, with the counts in the first", () => {
    const many = Array.from({ length: 2500 }, (_, i) =>
      change(i % 10 === 0 ? "delete" : "create", `queue-${i}-${"x".repeat(60)}`),
    );
    const { parts, whole } = comment(report(many));
    assert.ok(whole.length > 200_000);
    assert.ok(parts.length > 3);
    for (const part of parts) assert.ok(part.length <= 65_536 && part.startsWith("<!-- switchyard:plan -->\n"));
    assert.match(parts[0] ?? "", /^.*\n## Plan: 2250 created, 250 deleted in 1 stack\n/);
    const listed = parts.join("").match(/`queue-\d+-x+`/g) ?? [];
    assert.equal(new Set(listed).size, 2500);
    for (const part of parts) assert.equal(part.match(/<details>/g)?.length, part.match(/<\/details>/g)?.length);
  });

  it("says where the rest is when it is longer than a chain may be", () => {
    const many = Array.from({ length: 9000 }, (_, i) => change("create", `queue-${i}-${"x".repeat(60)}`));
    const { parts, whole } = comment(report(many));
    assert.equal(parts.length, 10);
    assert.match(parts.at(-1) ?? "", /\*\*\d+ more lines did not fit\*\*: the artifact has all of it/);
    assert.equal((whole.match(/created `queue/g) ?? []).length, 9000);
  });
});
