import assert from "node:assert/strict";
import { encryptionState, keyProvider, openStacks } from "../../../../automation/bootstrap/decide/encryption.ts";

describe("with what the stacks' secrets are encrypted", () => {
  const provider = keyProvider("arn:aws:kms:eu-west-1:123456789012:key/1", "eu-west-1");

  it("is the pipeline's key, named as Pulumi names it", () => {
    assert.equal(provider, "awskms:///arn:aws:kms:eu-west-1:123456789012:key/1?region=eu-west-1");
    assert.equal(encryptionState({ pipeline: "cloud" }, provider, false).kind, "done");
    assert.equal(encryptionState({}, provider, false).kind, "done");
  });

  it("is to become it where a passphrase is given", () => {
    const seen = { pipeline: "cloud", images: "passphrase", organization: "passphrase" };
    assert.deepEqual(openStacks(seen), ["images", "organization"]);
    const state = encryptionState(seen, provider, true);
    assert.deepEqual(state, {
      kind: "to-do",
      does: ["encrypt the secrets of images, organization with the pipeline's key"],
    });
  });

  it("is a person's to change where none is, and holds nothing up", () => {
    const state = encryptionState({ pipeline: "passphrase" }, provider, false);
    assert.ok(state.kind === "by-hand" && !state.required);
    assert.ok(state.steps.includes(`pulumi stack change-secrets-provider --stack pipeline '${provider}'`));
  });

  it("stays on this machine in the sandbox, whose engine knows no key of AWS", () => {
    assert.equal(encryptionState({ pipeline: "sandbox-key" }, provider, true).kind, "left-out");
  });
});
