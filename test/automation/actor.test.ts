import assert from "node:assert/strict";
import { actor } from "../../automation/actor.ts";

describe("who runs a command", () => {
  const nobody = () => {
    throw new Error("ENOENT: no such file or directory, uv_os_get_passwd");
  };
  const anna = () => "anna";

  it("is GitHub's actor, else the login", () => {
    assert.equal(actor({ GITHUB_ACTOR: "octocat", USER: "runner" }, anna), "octocat");
    assert.equal(actor({ USER: "runner" }, anna), "anna");
    assert.equal(actor({ GITHUB_ACTOR: "" }, anna), "anna");
  });

  it("is found without an entry in the passwd file", () => {
    assert.equal(actor({ USER: "runner", LOGNAME: "other" }, nobody), "runner");
    assert.equal(actor({ USER: "", LOGNAME: "other" }, nobody), "other");
    assert.equal(actor({}, nobody), `uid-${process.getuid?.()}`);
    assert.equal(
      actor({}, () => ""),
      `uid-${process.getuid?.()}`,
    );
  });
});
