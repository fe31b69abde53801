import assert from "node:assert/strict";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { Troubles } from "../../../automation/stacks/troubles.ts";
import { updateFailed } from "../../../automation/stacks/update.ts";

const root = "urn:pulumi:production::switchyard::pulumi:pulumi:Stack::switchyard-production";
const key = "urn:pulumi:production::switchyard::switchyard:storage:Key$aws:kms/key:Key::production";

const diagnostic = (message: string, urn = root): EngineEvent =>
  ({ diagnosticEvent: { urn, severity: "error", message, color: "never" } }) as never;
const failed = (urn: string, op: string): EngineEvent => ({ resOpFailedEvent: { metadata: { urn, op } } }) as never;

function said(...events: readonly EngineEvent[]): string {
  const troubles = new Troubles();
  for (const event of events) troubles.add(event);
  return updateFailed("production", "the update failed", troubles.said, new Error("code: 255\nerror: update failed"))
    .what;
}

describe("what went wrong in an update", () => {
  it("is told with the resource, in whichever order the engine tells it", () => {
    const why = diagnostic("creating KMS Key: AccessDeniedException: no\n", key);
    const expected = "the update failed: aws:kms/key:Key production: creating KMS Key: AccessDeniedException: no";
    assert.equal(said(diagnostic("update failed"), failed(key, "create"), why), expected);
    assert.equal(said(why, diagnostic("update failed\n")), expected);
  });

  it("is told without what providers wrap around it", () => {
    const wrapped = diagnostic("1 error occurred:\n\t* creating Key: no\n\n", key);
    assert.equal(said(wrapped), "the update failed: aws:kms/key:Key production: creating Key: no");
  });

  it("of the program itself names no resource", () => {
    assert.equal(
      said(diagnostic("Running program failed: Error: oh")),
      "the update failed: Running program failed: Error: oh",
    );
  });

  it("names the resource when no reason is given, and never only repeats that it failed", () => {
    const text = said(diagnostic("update failed"), failed(key, "create"));
    assert.match(text, /aws:kms\/key:Key production: its create failed, and the engine does not say why/);
    assert.doesNotMatch(said(diagnostic("update failed")), /update failed: (error: )?update failed/);
  });

  it("is no warning", () => {
    const warning = { diagnosticEvent: { severity: "warning", message: "old", urn: key } } as never;
    const troubles = new Troubles();
    troubles.add(warning);
    assert.deepEqual(troubles.said, []);
  });
});
