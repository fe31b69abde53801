import assert from "node:assert/strict";
import { concludeAbort } from "../../../automation/commands/operate.ts";
import type { Aborted } from "../../../automation/deploy/conduct/signals.ts";
import type { End } from "../../../automation/deploy/decide/decision.ts";
import { nothingYet } from "../../../automation/deploy/decide/progress.ts";
import type { OperationRecord } from "../../../automation/ledger/journal.ts";
import type { ErrorCode } from "../../../programs/error-catalogue.ts";
import { SwitchyardError } from "../../../programs/errors.ts";
import { goal, plan } from "../deploy/fixtures.ts";

const record: OperationRecord = { operation: "00000001-deploy-v2", goal: goal(), at: 0 };

/** What an abort prints, and the code of the error it ends with. */
function said(aborted: Aborted): { text: string; code?: ErrorCode } {
  const lines: string[] = [];
  const out = {
    json: false,
    line: (text: string) => void lines.push(text),
    document() {},
    beforeLine() {},
    settle() {},
  };
  try {
    concludeAbort({ out }, "production", aborted);
    return { text: lines.join("\n") };
  } catch (error) {
    assert.ok(error instanceof SwitchyardError);
    return { text: [...lines, error.message].join("\n"), code: error.code };
  }
}

const undone = (outcome: End["outcome"], why: string): Aborted => ({
  kind: "undone",
  undone: [{ record, end: { kind: "end", outcome, why }, progress: { ...nothingYet, plan: { web: plan } } }],
});

describe("the end of an abort", () => {
  it("says who was told", () => {
    assert.match(
      said({ kind: "told", holder: "ci@runner-1#7.a", record }).text,
      /^ci@runner-1#7\.a is at work and is told/,
    );
  });

  it("says where that leaves traffic", () => {
    assert.deepEqual(said(undone("failed", "aborted by ann")), {
      text: "deploy v2 was aborted: traffic is where it was before",
    });
  });

  it("is an error when the release was recorded already", () => {
    const { text, code } = said(undone("succeeded", "v2 serves 100%"));
    assert.equal(code, "too-late");
    assert.match(text, /deploy v2: the ledger had it already, so it was finished: v2 serves 100%/);
  });

  it("says how the last operation ended when nothing is in flight: that it was undone is what was asked for", () => {
    const last = (outcome?: "succeeded" | "failed") => ({ ...record, ...(outcome && { outcome, why: "because" }) });
    assert.deepEqual(said({ kind: "over", last: last("failed") }), {
      text: "nothing is in flight; the last, deploy v2, was undone or stopped: because",
    });
    const over = said({ kind: "over", last: last("succeeded") });
    assert.equal(over.code, "not-found");
    assert.match(over.text, /nothing is in flight; the last, deploy v2, ended as succeeded/);
    assert.equal(said({ kind: "over", last: undefined }).code, "not-found");
  });
});
