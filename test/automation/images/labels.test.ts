import assert from "node:assert/strict";
import { labelsOf } from "../../../automation/images/public/labels.ts";

describe("the labels of public images", () => {
  for (const [remote, source] of [
    ["https://github.com/acme/switchyard.git\n", "https://github.com/acme/switchyard"],
    ["https://x-access-token:secret@github.com/acme/switchyard", "https://github.com/acme/switchyard"],
    ["git@github.com:acme/switchyard.git", "https://github.com/acme/switchyard"],
    ["ssh://git@github.example.com:2222/acme/switchyard.git", "https://github.example.com/acme/switchyard"],
    ["/work/switchyard", undefined],
    ["../switchyard.git", undefined],
    ["", undefined],
  ] as const)
    it(`name ${source ?? "no source"} for the remote ${JSON.stringify(remote)}`, () => {
      const labels = labelsOf("abc", remote);
      assert.equal(labels["org.opencontainers.image.source"], source);
      assert.equal(labels["org.opencontainers.image.revision"], "abc");
      assert.doesNotMatch(JSON.stringify(labels), /secret/);
    });
});
