import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { conclude } from "../../../automation/commands/deploy.ts";
import type { Session } from "../../../automation/deploy/conduct/session.ts";
import type { End } from "../../../automation/deploy/decide/decision.ts";
import type { Goal } from "../../../automation/deploy/decide/goal.ts";
import { nothingYet, type Progress } from "../../../automation/deploy/decide/progress.ts";
import type { ErrorCode } from "../../../programs/error-catalogue.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { MemoryTable } from "../../support/memory-table.ts";
import { deployed, plan, shapeWith, target } from "../deploy/fixtures.ts";

const goal = {
  ...{ kind: "deploy", operation: "00000001-deploy-v2", version: "v2", strategy: { kind: "canary" } },
  ...{ services: [{ name: "web" }], images: { web: image("v2") } },
} as unknown as Goal;

function image(version: string) {
  return { digest: `registry/web@sha256:${"2".repeat(64)}`, version };
}

interface Concluded {
  readonly lines: readonly string[];
  readonly document: Record<string, unknown>;
  readonly error?: unknown;
}

const moved = { plan: { web: plan } };

async function ends(
  end: End,
  {
    kind = "deploy",
    interrupted = false,
    report = "",
    progress = moved as Partial<Progress>,
    services = ["web"],
    ledger = new MemoryTable(),
  } = {},
): Promise<Concluded> {
  const lines: string[] = [];
  let document: Record<string, unknown> = {};
  const out = {
    json: false,
    line: (text: string) => void lines.push(text),
    document: (value: unknown) => {
      document = value as Record<string, unknown>;
    },
    beforeLine: () => {},
    settle: () => {},
  };
  const session = {
    stack: "production",
    table: ledger,
    aws: { counts: () => ({ "ecs.UpdateService": 2 }) },
    interrupted: () => (interrupted ? { kind: "abort", by: "me", at: "" } : undefined),
  } as unknown as Session;
  const steps = [{ name: "stage", ms: 5, awsCalls: 2 }];
  const asked = { ...goal, kind, services: services.map((name) => ({ name })) } as unknown as Goal;
  const done = { goal: asked, end, steps, progress: { ...nothingYet, ...progress } };
  try {
    await conclude(out, session, done, 1234.4, report === "" ? undefined : report);
    return { lines, document };
  } catch (error) {
    return { lines, document, error };
  }
}

function isError(error: unknown, code: ErrorCode, text: RegExp): void {
  assert.ok(error instanceof SwitchyardError);
  assert.equal(error.code, code);
  assert.match(error.message, text);
}

describe("the end of an operation", () => {
  it("says what serves, in a line and in a document", async () => {
    const { lines, document, error } = await ends({ kind: "end", outcome: "succeeded", why: "v2 serves 100%" });
    assert.equal(error, undefined);
    assert.deepEqual(lines, ["v2 serves 100% of production after 1.2 s"]);
    assert.deepEqual(document, {
      stack: "production",
      operation: "00000001-deploy-v2",
      kind: "deploy",
      version: "v2",
      outcome: "succeeded",
      why: "v2 serves 100%",
      strategy: "canary",
      ms: 1234,
      steps: [{ name: "stage", ms: 5, awsCalls: 2 }],
      awsCalls: { "ecs.UpdateService": 2 },
    });
  });

  it("says when there was nothing to do, and what came of other operations", async () => {
    assert.deepEqual((await ends({ kind: "end", outcome: "unchanged", why: "v2 already serves" })).lines, [
      "Nothing to do: v2 already serves",
    ]);
    const swept = await ends({ kind: "end", outcome: "succeeded", why: "all is cold" }, { kind: "sweep" });
    assert.deepEqual(swept.lines, ["Done: all is cold"]);
  });

  it("says of a part of the services what it left, and what waits there", async () => {
    const ledger = new MemoryTable();
    const { digest } = image("v1");
    const live = { live: "blue", blue: { ...deployed("v1"), digest } };
    const document = { format: 1, revision: 1, services: { web: live, api: live, docs: live } };
    ledger.put("release", { document: JSON.stringify(document), revision: 1 });
    const { services, ...shape } = shapeWith(["web", "api", "docs"]);
    const { taskDefinitionArn, version } = target("v1");
    const stagedAs = (name: string, release: string) => ({
      [name]: {
        ...(services as Record<string, object>)[name],
        staged: { taskDefinitionArn, image: digest, version, release },
      },
    });
    const outputs = {
      ...shape,
      services: { ...(services as object), ...stagedAs("api", "changed"), ...stagedAs("docs", "web-v1") },
    };
    ledger.put("shape", { outputs: JSON.stringify(outputs) });
    const { lines, document: said } = await ends(
      { kind: "end", outcome: "succeeded", why: "v2 serves 100% of web" },
      { services: ["web", "api", "docs", "jobs"], ledger },
    );
    assert.deepEqual(lines, [
      "v2 serves 100% of web in production after 1.2 s",
      "  api stays v1: it was not named; what its configuration changed waits for its next deploy",
      "  docs stays v1: it was not named",
      "  jobs waits for its first deploy: it has no release yet",
    ]);
    assert.deepEqual(
      (said["left"] as { service: string; waits: boolean }[]).map(({ service, waits }) => [service, waits]),
      [
        ["api", true],
        ["docs", false],
        ["jobs", true],
      ],
    );
  });

  it("is an error when it failed; the report is written first", async () => {
    const dir = mkdtempSync(join(tmpdir(), "switchyard-report-"));
    try {
      const report = join(dir, "r.json");
      const { error, lines } = await ends({ kind: "end", outcome: "failed", why: "3 tasks failed" }, { report });
      isError(error, "deploy-failed", /^deploy v2: 3 tasks failed\. Traffic is where it was before; mend the cause/);
      assert.deepEqual(lines, []);
      assert.equal(JSON.parse(readFileSync(report, "utf8")).outcome, "failed");
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  it("says what a failure leaves: a sweep or a repair moves no traffic back, a first release had none", async () => {
    const failed: End = { kind: "end", outcome: "failed", why: "no" };
    const { from: _, ...first } = plan;
    const cases: [string, Partial<Progress>, RegExp][] = [
      ["deploy", {}, /^deploy v2: no\. No traffic was moved; mend/],
      ["deploy", { plan: { web: first } }, /^deploy v2: no\. Web was not live before, and is not now; mend/],
      ["deploy", { plan: { web: first, api: first } }, /no\. Web and api were not live before, and are not now; mend/],
      ["deploy", { plan: { web: plan, api: first } }, /Traffic is where it was before; api was never live; mend/],
      ["rollback", moved, /^rollback v2: no\. Traffic is where it was before; mend/],
      ["sweep", {}, /^sweep v2: no\. What was stopped stays stopped, what serves was not touched; mend/],
      ["repair", {}, /^repair v2: no\. What was put back stays/],
      ["adopt", {}, /^adopt v2: no\. The ledger says what it said before/],
    ];
    for (const [kind, progress, text] of cases)
      isError((await ends(failed, { kind, progress })).error, "deploy-failed", text);
  });

  it("is an interruption when this terminal asked for it", async () => {
    const { error } = await ends(
      { kind: "end", outcome: "failed", why: "aborted by me (Ctrl-C)" },
      { interrupted: true },
    );
    isError(error, "interrupted", /aborted by me \(Ctrl-C\)\. Traffic is where it was before; run the command again/);
    const done = await ends({ kind: "end", outcome: "succeeded", why: "" }, { interrupted: true });
    assert.equal(done.error, undefined);
  });
});
