import assert from "node:assert/strict";
import { failureText } from "../../../../automation/delivery/comment/failure.ts";
import { SwitchyardError } from "../../../../programs/errors.ts";

const hint = / \(these credentials may not plan registry; a person makes the plan: docs\/delivery\.md\)$/;
const of = (code: "credentials" | "update-failed", what: string, cause?: unknown) =>
  new SwitchyardError(code, { what, where: "stack registry", fix: "mend it", cause });

describe("why a stack has no plan", () => {
  it("is what to do where the credentials may not make one: of another account, or refused by AWS or by where the state is", () => {
    for (const error of [
      of("credentials", "these are of the account 1, and the stack is of 2"),
      of(
        "update-failed",
        "User: arn:aws:sts::1:assumed-role/switchyard-plan/x is not authorized to perform: s3:GetObject",
      ),
      of("update-failed", "the preview failed", new Error("blob (code=PermissionDenied): AccessDenied: Access Denied")),
    ])
      assert.match(failureText("registry", error), hint);
  });

  it("is the error's first line otherwise, whatever was thrown", () => {
    assert.equal(failureText("registry", new Error("it is broken\nat line 7")), "it is broken");
    assert.doesNotMatch(failureText("registry", of("update-failed", "the preview failed")), hint);
    assert.equal(failureText("registry", "no error"), "no error");
  });
});
